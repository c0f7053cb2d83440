"""Official test vectors, and properties of the same functions."""

import base64
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.modules.payments.providers import rsa_keys
from quanyu.modules.payments.providers.notifications import DecryptionFailed
from quanyu.modules.payments.providers.wechatpay import v2_messages, v3_encryption, v3_signing

V2_FIELDS = {
    "appid": "wxd930ea5d5a258f4f",
    "mch_id": "10000100",
    "device_info": "1000",
    "body": "test",
    "nonce_str": "ibuaiVcKdpRxkhJA",
}
V2_KEY = "192006250b4c09247ec02edce69f6a2d"
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


def test_aes_gcm_opens_the_vector_of_the_official_go_library():
    opened = v3_encryption.decrypt(
        b"testAPIv3Key0000",
        nonce="wCq51qZv4Yfg",
        associated_data="Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8",
        ciphertext="FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC",
    )
    assert opened == b"Hello World"


@pytest.mark.parametrize(
    ("sign_type", "expected"),
    [
        ("MD5", "9A0A8659F005D6984697E2CA0A9CF3B7"),
        ("HMAC-SHA256", "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"),
    ],
)
def test_v2_signatures_equal_the_official_examples(sign_type, expected):
    assert v2_messages.sign(V2_FIELDS, V2_KEY, sign_type) == expected
    # Empty fields and the signature itself are not signed, and the order of fields is irrelevant.
    reordered = {"attach": "", "sign": "X", **dict(reversed(V2_FIELDS.items()))}
    assert v2_messages.sign(reordered, V2_KEY, sign_type) == expected
    assert v2_messages.verifies({**V2_FIELDS, "sign": expected}, V2_KEY, sign_type)
    assert not v2_messages.verifies({**V2_FIELDS, "sign": expected.lower()}, V2_KEY, sign_type)
    assert not v2_messages.verifies(V2_FIELDS, V2_KEY, sign_type)


def test_v3_signs_the_five_lines_of_the_specification():
    message = v3_signing.request_message("GET", "/v3/certificates?a=1", 1554208460, "593BEC0C930BF1AF", b"")
    assert message == b"GET\n/v3/certificates?a=1\n1554208460\n593BEC0C930BF1AF\n\n"
    assert v3_signing.answer_message("1554208460", "593BEC0C930BF1AF", b'{"a":1}') == (
        b'1554208460\n593BEC0C930BF1AF\n{"a":1}\n'
    )


def test_pay_sign_signs_the_four_lines_of_the_official_example(keys):
    key = rsa_keys.load_private_key(keys.merchant_private_key)
    signature = v3_signing.pay_sign(
        key,
        app_id="wx2421b1c4370ec43b",
        timestamp=1554208460,
        nonce="593BEC0C930BF1AFEB40B4A08C8FB242",
        package="prepay_id=wx201410272009395522657a690389285100",
    )
    lines = (
        b"wx2421b1c4370ec43b\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n"
        b"prepay_id=wx201410272009395522657a690389285100\n"
    )
    assert rsa_keys.verifies(key.public_key(), lines, signature)
    assert len(base64.b64decode(signature)) == 256


def test_authorization_header_names_merchant_serial_and_a_signature_of_the_bytes(keys):
    key = rsa_keys.load_private_key(keys.merchant_private_key)
    body = '{"a":"中"}'.encode()
    header = v3_signing.authorization(
        key,
        merchant_id="1900000001",
        serial="ABC",
        method="POST",
        target="/v3/x",
        timestamp=1,
        nonce="n",
        body=body,
    )
    start = 'WECHATPAY2-SHA256-RSA2048 mchid="1900000001",nonce_str="n",timestamp="1",serial_no="ABC",signature="'
    assert header.startswith(start)
    signature = header.removeprefix(start).removesuffix('"')
    assert rsa_keys.verifies(key.public_key(), b"POST\n/v3/x\n1\nn\n" + body + b"\n", signature)


def test_keys_are_read_from_certificates_public_keys_and_bare_base64(keys):
    private = rsa_keys.load_private_key(keys.alipay_private_key)
    bare = "".join(keys.alipay_private_key.split("\n")[1:-2])
    assert rsa_keys.load_private_key(bare).private_numbers() == private.private_numbers()
    platform = keys.platform[0]
    from_certificate = rsa_keys.load_public_key(platform.certificate)
    assert from_certificate == rsa_keys.load_private_key(platform.private_key).public_key()
    assert rsa_keys.certificate_serial(platform.certificate) == platform.serial


def test_a_sensitive_field_is_read_only_by_the_key_it_was_sealed_for(keys):
    key = rsa_keys.load_private_key(keys.platform[0].private_key)
    sealed = v3_encryption.encrypt_field(key.public_key(), "张三")
    assert v3_encryption.decrypt_field(key, sealed) == "张三"
    assert v3_encryption.encrypt_field(key.public_key(), "张三") != sealed
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    # With another key the padding is wrong or the text is noise, but never the name.
    with suppress(ValueError):
        assert v3_encryption.decrypt_field(stranger, sealed) != "张三"


@settings(deadline=None)
@given(plain=st.binary(max_size=200), associated=TEXT, position=st.integers(0, 10_000))
def test_a_sealed_resource_opens_only_unchanged(plain, associated, position):
    key, nonce = b"k" * 32, "n" * 12
    sealed = v3_encryption.encrypt(key, nonce=nonce, associated_data=associated, plaintext=plain)
    assert v3_encryption.decrypt(key, nonce=nonce, associated_data=associated, ciphertext=sealed) == plain
    raw = bytearray(base64.b64decode(sealed))
    raw[position % len(raw)] ^= 1
    with pytest.raises(DecryptionFailed):
        v3_encryption.decrypt(
            key, nonce=nonce, associated_data=associated, ciphertext=base64.b64encode(bytes(raw)).decode()
        )
    with pytest.raises(DecryptionFailed):
        v3_encryption.decrypt(key, nonce=nonce, associated_data=associated + "x", ciphertext=sealed)


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), TEXT.filter(bool), max_size=8))
def test_v2_xml_gives_back_the_fields_that_were_written(fields):
    assert v2_messages.from_xml(v2_messages.to_xml(fields)) == fields


@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/hostname">]><xml><a>&x;</a></xml>',
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml><a>1</a></xml>',
        b'<!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><xml><a>&b;</a></xml>',
        b"<xml><total_fee>1</total_fee><total_fee>100</total_fee></xml>",
        b"<xml><a><b>1</b></a></xml>",
        b'<xml><a x="1">1</a></xml>',
        b"<?php x ?><xml><a>1</a></xml>",
        b"<html><a>1</a></html>",
        b"<xml><a>1</a>",
        b"",
        b"<xml>" + b"<a>" + b"x" * 70_000 + b"</a></xml>",
    ],
)
def test_v2_xml_that_is_more_than_a_flat_message_is_refused(attack):
    with pytest.raises(v2_messages.MalformedMessage):
        v2_messages.from_xml(attack)


def test_v2_xml_reads_cdata_as_wechat_writes_it():
    body = "<xml><return_code><![CDATA[SUCCESS]]></return_code><body><![CDATA[a<b&中]]></body></xml>".encode()
    assert v2_messages.from_xml(body) == {"return_code": "SUCCESS", "body": "a<b&中"}
