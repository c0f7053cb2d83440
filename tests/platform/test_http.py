"""The HTTP base: one shape of error everywhere, in the reader's language, documented in OpenAPI."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, override_settings

from tests.harness.parallel import parallel
from tests.platform import http_example as example

URLS = override_settings(ROOT_URLCONF="tests.platform.http_example", ALLOWED_HOSTS=["testserver"])
PROBLEM_FIELDS = {"type", "title", "status", "code", "remedy", "field", "params", "errors", "request_id"}
ORDER = {"lines": [{"sku_id": 1, "quantity": 2}]}


@pytest.fixture(autouse=True)
def example_urls():
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    with URLS:
        yield


def client(token: str = "7", **headers: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"} | headers)


def problem(response) -> dict:
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert set(body) == PROBLEM_FIELDS
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert body["type"] == f"urn:quanyu:problem:{body['code']}"
    return body


def post(url: str, body: object, **headers: str):
    return client(**headers).post(f"/api/example/{url}", json.dumps(body), content_type="application/json")


def key() -> str:
    return str(uuid4())


def test_a_refusal_is_told_in_chinese_by_default():
    response = post("orders", ORDER | {"note": "refuse"}, **{"Idempotency-Key": key()})
    body = problem(response)
    assert response.status_code == 409
    assert body["code"] == "example.shelf_empty"
    assert body["title"] == "请等待 7 秒后重试。"
    assert body["remedy"] == "请先登录。"
    assert body["field"] == "lines.0.sku_id"
    assert body["params"] == {"retry_after_s": 7}
    assert response.headers["Retry-After"] == "7"


def test_a_refusal_is_told_in_english_when_asked_for():
    response = post("orders", ORDER | {"note": "refuse"}, **{"Idempotency-Key": key(), "Accept-Language": "en-GB"})
    assert problem(response)["title"] == "Wait 7 seconds and try again."


def test_without_credentials_the_answer_is_401():
    response = Client().get("/api/example/items")
    assert response.status_code == 401
    assert problem(response)["code"] == "unauthenticated"
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_with_wrong_credentials_the_answer_is_401():
    assert client("nobody").get("/api/example/items").status_code == 401


def test_a_permission_held_nowhere_is_403_and_names_it():
    response = client().get("/api/example/secrets", headers={"Accept-Language": "en"})
    body = problem(response)
    assert (response.status_code, body["code"], body["params"]) == (403, "forbidden", {"permission": "secrets.read"})
    assert body["remedy"] == "Ask a manager to grant the permission secrets.read."


def test_another_stores_orders_do_not_exist_for_this_stores_staff():
    assert client().get("/api/example/stores/12/orders").status_code == 200
    response = client().get("/api/example/stores/13/orders")
    assert response.status_code == 404
    assert problem(response)["code"] == "not_found"


def test_every_wrong_field_is_named_by_the_callers_own_path():
    wrong = {"lines": [{"sku_id": 0, "quantity": "2"}], "gift": 1, "extra": 1}
    before = list(example.executions)
    response = post("orders", wrong, **{"Idempotency-Key": key(), "Accept-Language": "en"})
    body = problem(response)
    assert response.status_code == 422
    assert body["code"] == "request.invalid"
    assert [(error["field"], error["code"], error["message"]) for error in body["errors"]] == [
        ("lines.0.sku_id", "greater_than_equal", "Must be 1 or more."),
        ("lines.0.quantity", "int_type", "Must be a whole number."),
        ("gift", "bool_type", "Must be true or false."),
        ("extra", "extra_forbidden", "This field is not known."),
    ]
    assert body["field"] == "lines.0.sku_id"
    assert example.executions == before


def test_wrong_fields_are_explained_in_chinese():
    response = post("orders", {}, **{"Idempotency-Key": key()})
    assert problem(response)["errors"] == [{"field": "lines", "code": "missing", "message": "此字段必填。"}]


def test_a_wrong_query_parameter_is_named():
    response = client().get("/api/example/items?limit=101", headers={"Accept-Language": "en"})
    body = problem(response)
    assert response.status_code == 422
    assert body["errors"] == [{"field": "limit", "code": "less_than_equal", "message": "Must be 100 or less."}]


def test_a_query_parameter_that_nobody_declared_is_refused():
    response = client().get("/api/example/items?limt=3&limit=3", headers={"Accept-Language": "en"})
    assert response.status_code == 422
    assert problem(response)["errors"] == [
        {"field": "limt", "code": "extra_forbidden", "message": "This field is not known."}
    ]
    assert client().get("/api/example/items/5?x=1").status_code == 422


@pytest.mark.parametrize("sent", ["{", "", "nan", '{"lines": NaN}', '{"note": "a\\u0000b", "lines": []}', '"\\ud800"'])
def test_a_body_that_cannot_be_read_or_stored_is_refused(sent):
    response = client(**{"Idempotency-Key": key()}).post("/api/example/orders", sent, content_type="application/json")
    assert response.status_code in ({422} if sent == "" else {400})
    problem(response)


@pytest.mark.parametrize("url", ["items?cursor=%00", "items%00"])
def test_a_nul_character_in_the_address_is_refused(url):
    response = client().get(f"/api/example/{url}")
    assert response.status_code == 400
    assert problem(response)["code"] == "request.unreadable"


def test_an_unknown_address_below_the_apis_is_a_problem():
    response = client().get("/api/nothing/here")
    assert response.status_code == 404
    assert problem(response)["code"] == "not_found"


def test_a_page_for_people_stays_a_page():
    response = Client().get("/page")
    assert (response.status_code, response.content) == (404, b"<h1>no</h1>")


def test_a_method_that_does_not_exist_is_405_with_the_allowed_ones():
    response = client().delete("/api/example/items")
    assert response.status_code == 405
    assert problem(response)["code"] == "method_not_allowed"
    assert response.headers["Allow"] == "GET"


def test_an_unexpected_failure_tells_nothing_but_the_request_id():
    response = client().get("/api/example/fails/now", headers={"Accept-Language": "en"})
    body = problem(response)
    assert response.status_code == 500
    assert body["code"] == "internal"
    assert body["title"] == "Something went wrong on our side."
    assert b"13812345678" not in response.content
    assert b"ValueError" not in response.content


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("suspicious", 400, "request.unreadable"),
        ("range", 422, "invalid"),
        ("limited", 429, "rate_limited"),
        ("lock", 503, "unavailable"),
    ],
)
def test_failures_of_frameworks_and_the_database_are_problems_too(kind, status, code):
    response = client().get(f"/api/example/fails/{kind}")
    assert response.status_code == status
    assert problem(response)["code"] == code
    assert (status in (429, 503)) == ("Retry-After" in response.headers)


def test_a_well_formed_request_id_is_kept_and_another_replaced():
    kept = client().get("/api/example/items", headers={"X-Request-ID": "till-42-000017"})
    assert kept.headers["X-Request-ID"] == "till-42-000017"
    replaced = client().get("/api/example/items", headers={"X-Request-ID": "a b<script>"})
    assert len(replaced.headers["X-Request-ID"]) == 32


def test_a_list_is_walked_to_its_end_by_cursors():
    seen, cursor = [], ""
    while cursor is not None:
        page = client().get("/api/example/items", {"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen.append([item["id"] for item in page["items"]])
        cursor = page["next_cursor"]
    assert seen == [[1, 2, 3], [4, 5, 6], [7]]


def test_a_cursor_that_was_altered_is_refused():
    cursor = client().get("/api/example/items?limit=3").json()["next_cursor"]
    for position in range(len(cursor)):
        flipped = "A" if cursor[position] != "A" else "B"
        altered = cursor[:position] + flipped + cursor[position + 1 :]
        response = client().get("/api/example/items", {"cursor": altered})
        # The last character holds unused bits, so it may stand for the same bytes.
        if position < len(cursor) - 1:
            assert response.status_code == 400
            assert problem(response)["code"] == "cursor.invalid"


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "汉字", "é", "=" * 50, "A" * 500])
def test_a_cursor_that_never_was_one_is_refused(cursor):
    response = client().get("/api/example/items", {"cursor": cursor})
    assert response.status_code == 400
    assert problem(response)["code"] == "cursor.invalid"


def test_a_cursor_of_another_list_is_refused():
    from quanyu.platform.http import cursors

    foreign = cursors.encode("example.other", [3])
    assert client().get("/api/example/items", {"cursor": foreign}).status_code == 400


def test_an_unchanged_answer_is_304():
    first = client().get("/api/example/items/5")
    assert first.status_code == 200
    again = client().get("/api/example/items/5", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client().get("/api/example/items/6", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_a_repeated_post_is_executed_once_and_answered_the_same():
    mark, note = key(), f"once {key()}"
    first = post("orders", ORDER | {"note": note}, **{"Idempotency-Key": mark})
    again = post("orders", ORDER | {"note": note}, **{"Idempotency-Key": mark})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert example.executions.count(note) == 1


@pytest.mark.parametrize("url", ["orders", "orders-together"])
def test_the_same_key_with_another_body_is_422(url):
    mark = key()
    assert post(url, ORDER, **{"Idempotency-Key": mark}).status_code == 201
    response = post(url, ORDER | {"note": "other"}, **{"Idempotency-Key": mark})
    assert response.status_code == 422
    assert problem(response)["code"] == "idempotency.key_reused"


def test_a_post_without_a_key_is_400_and_not_executed():
    before = len(example.executions)
    response = post("orders", ORDER)
    assert response.status_code == 400
    assert problem(response)["code"] == "idempotency.key_missing"
    assert len(example.executions) == before


def test_two_people_may_use_the_same_key():
    mark, note = key(), f"two {key()}"
    for person in ("1", "2"):
        assert post("orders", ORDER | {"note": note}, token=person, **{"Idempotency-Key": mark}).status_code == 201
    assert example.executions.count(note) == 2


def test_sixteen_posts_at_once_are_executed_once():
    mark, note = key(), f"many {key()}"
    found = parallel(16, lambda _: post("orders", ORDER | {"note": note}, **{"Idempotency-Key": mark}).status_code)
    assert example.executions.count(note) == 1
    assert set(found) <= {201, 409}
    assert 201 in found


def openapi() -> dict:
    return json.loads(client().get("/api/example/openapi.json").content)


def test_openapi_documents_the_problems_of_every_operation():
    document = openapi()
    for operations in document["paths"].values():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert {"400", "404", "422", "429", "500", "503"} <= statuses
            assert ({"401", "403"} <= statuses) == ("security" in operation)
            assert ("409" in statuses) == (method == "post")
            refusal = operation["responses"]["500"]["content"]
            assert refusal == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert set(document["components"]["schemas"]["Problem"]["properties"]) == PROBLEM_FIELDS
    assert "FieldErrorOut" in document["components"]["schemas"]


def test_openapi_documents_the_key_and_the_etag():
    paths = openapi()["paths"]
    parameters = paths["/api/example/orders"]["post"]["parameters"]
    assert [(one["name"], one["in"], one["required"]) for one in parameters] == [("Idempotency-Key", "header", True)]
    assert "304" in paths["/api/example/items/{item_id}"]["get"]["responses"]


def test_openapi_names_operations_by_their_functions():
    operations = [one for path in openapi()["paths"].values() for one in path.values()]
    assert {one["operationId"] for one in operations} >= {"http_example_place_order", "http_example_list_items"}


def test_openapi_asks_for_credentials_where_they_are_needed_only():
    paths = openapi()["paths"]
    assert paths["/api/example/items"]["get"]["security"] == [{"Bearer": []}]
    assert "security" not in paths["/api/example/hello"]["get"]
    assert Client().get("/api/example/hello").json() == {"hello": "world"}
