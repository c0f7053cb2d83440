"""The first administrator: made once, by a person at the machine, with a password that nobody else sees."""

from __future__ import annotations

import pytest

from tests.entrypoints.conftest import ask

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery staple"


def create(quanyu, username: str, password: str = PASSWORD):
    options = ("--username", username, "--name", "王 主管", "--enterprise", "示范零售", "--password-stdin")
    return quanyu.run("createadmin", *options, stdin=password + "\n")


def test_the_first_administrator_comes_with_the_enterprise_and_may_do_everything(quanyu, database):
    done = create(quanyu, "boss")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "boss may now sign in at http://127.0.0.1:8000/console/" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    assert ask(database, "SELECT name FROM organization_unit WHERE kind = 'enterprise'") == "示范零售"
    assert ask(database, "SELECT password NOT LIKE %s FROM identity_staff WHERE username = 'boss'", f"%{PASSWORD}%")
    second = create(quanyu, "deputy")
    assert second.returncode == 0
    assert ask(database, "SELECT count(*) FROM organization_unit") == 1
    refused = create(quanyu, "Boss")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert ask(database, "SELECT count(*) FROM identity_staff") == 2


def test_a_password_that_anybody_would_guess_is_refused_and_nobody_is_created(quanyu, database):
    done = create(quanyu, "careless", password="password12")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ask(database, "SELECT count(*) FROM identity_staff WHERE username = 'careless'") == 0
