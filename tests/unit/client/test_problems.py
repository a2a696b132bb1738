"""Each error that the API can answer with reaches the caller of `Client` as one that asks for the same of it."""

import pytest

from ledger import errors
from ledger.api.problems import problem_of, status_of
from ledger.client.problems import error_of
from ledger.common.canonical import canonical_json
from ledger.errors import LadingError
from tests.unit.test_errors import every_kind, one_of

KINDS = [kind for kind in every_kind() if kind is not LadingError and kind.__module__ == "ledger.errors"]
SAME = {errors.MalformedRecord, errors.BadSignature, errors.NotPermitted, errors.RuleBroken, errors.NotFound}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_document_becomes_the_error_again(kind: type[LadingError]) -> None:
    sent = one_of(kind)
    got = error_of(canonical_json(problem_of(sent)), int(status_of(sent)))
    if kind in SAME:
        assert type(got) is kind
    elif issubclass(kind, errors.Unavailable | errors.Misconfigured):
        assert type(got) is errors.Unavailable  # what the operator must mend is for the caller no more than that
    else:
        assert isinstance(got, errors.InvalidInput | errors.RuleBroken)
    assert (got.what, got.where, got.mend) == (sent.what, sent.where, sent.mend)


@pytest.mark.parametrize(
    ("text", "status", "kind"),
    [
        (b"<html>", 502, errors.Unavailable),
        (b"[]", 404, errors.RuleBroken),
        (b'{"type":"/problems#LadingError","detail":"x"}', 422, errors.RuleBroken),
        (b'{"type":"/problems#__builtins__","detail":"x"}', 422, errors.RuleBroken),
        (b'{"title":"too large"}', 413, errors.InvalidInput),
    ],
)
def test_an_answer_that_names_no_error_of_ours(text: bytes, status: int, kind: type[LadingError]) -> None:
    assert type(error_of(text, status)) is kind
