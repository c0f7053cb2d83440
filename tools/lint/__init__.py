"""House lints: one file per rule in `rules/`, run by `python -m tools.lint`.

A rule is a module with `NAME` (kebab case), `MEND` (one sentence: how to put it right) and
`check(tree) -> Iterator[Finding]`. An exception is granted on the line itself (or the line above) by

    # lint-ok: <rule> because <reason>

in the comment syntax of the file. The reason is mandatory, and an exception that no longer excuses
anything is a finding too: the list of exceptions may only shrink.
"""
