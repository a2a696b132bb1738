"""Log times that lie over an hour before anybody else bears them out: an outage, or an operator that back-dated."""

from ledger.records.evidence import OPERATOR_LEEWAY
from ledger.records.verification import Facts
from ledger.services.audit.findings import Findings


class EarlyTimes:
    """Runs of neighbouring leaves whose log time lies too early. Such a time does not count, so it is no finding."""

    def __init__(self) -> None:
        self._runs: list[list[Facts]] = []

    def add(self, facts: Facts) -> None:
        """Take in the facts of one leaf; leaves come in log order."""
        if facts.evidenced is None or facts.logged_at >= facts.evidenced - OPERATOR_LEEWAY:
            return
        if self._runs and self._runs[-1][-1].log_index == facts.log_index - 1:
            self._runs[-1][1:] = [facts]
        else:
            self._runs.append([facts])

    def note(self, findings: Findings) -> None:
        for run in self._runs:
            first, last = run[0], run[-1]
            findings.note(
                "",
                f"log times of leaves {first.log_index} to {last.log_index}",
                f"at most {OPERATOR_LEEWAY} seconds before the evidence",
                f"logged {first.logged_at}, evidenced {first.evidenced}",
                "others bear these leaves out much later than the log dates them: after an outage of witnesses and "
                "chain, or because they were back-dated. Figures count from an hour before the evidence",
            )
