"""WeChat Pay and Alipay on your own machine: real signatures, real HTTP, faults on demand.

`python -m quanyu.modules.payments.simulators --port N` starts one server that speaks both
protocols, shows a cashier page where a person pays, and takes faults through `/control/`.
It holds no money and its keys are worthless elsewhere: never point a real shop at it.
"""
