"""A Containerfile's instructions, as far as tests ask for them."""

import json
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Containerfile:
    text: str

    @property
    def image(self) -> str:
        """The last stage: what the image is made of. The others stay behind."""
        return self.text[self.text.rindex("FROM ") :]

    def arguments(self, name: str, part: str | None = None) -> list[str]:
        """The arguments of an instruction, wherever it stands, continued lines as one."""
        joined = re.sub(r"\\\n\s*", " ", self.text if part is None else part)
        return [line.partition(" ")[2].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]

    @property
    def environment(self) -> dict[str, str]:
        """What the image sets."""
        words = " ".join(self.arguments("ENV", self.image)).split()
        return dict(word.split("=", 1) for word in words)

    def words(self, name: str) -> list[str]:
        """The words of an instruction of the image in JSON form; none where it is not given."""
        found = self.arguments(name, self.image)
        words: list[str] = json.loads(found[0][found[0].index("[") :]) if found else []
        return words

    @property
    def folders(self) -> dict[str, str]:
        """The folders that the image makes for its user, with their modes."""
        made: dict[str, str] = {}
        for line in self.arguments("RUN", self.image):
            for words in re.findall(r"install --directory ([^&]+)", line):
                mode = re.findall(r"--mode=(\d+)", words)[0]
                made |= {word: mode for word in words.split() if word.startswith("/")}
        return made
