"""A command that also has commands of its own: `lading scores 7` beside `lading scores card keep FILE`."""

from typing import Any

from typer.core import TyperGroup


class WithDefault(TyperGroup):
    """What names none of its commands goes to the one called `show`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["show", *args])
