"""What is to be simulated, and which process holds which members."""

from dataclasses import dataclass

#: The bounds of one simulation. What a machine can hold is less: see docs/operations.md.
MOST_PARTIES, MOST_IN_PARTY, MOST_MEMBERS = 1000, 1000, 5000
#: So many members a process holds before another is started, where there is a core for it.
MEMBERS_A_PROCESS = 100
#: Of the members that a party has by the plan, the first is its host.
HOST = 0


@dataclass(frozen=True)
class Plan:
    """`parties` of `members` each, for `seconds` once they are full; a command in each every `every_s`."""

    url: str
    parties: int
    members: int
    seconds: float
    every_s: float

    @property
    def total(self) -> int:
        """How many members in all."""
        return self.parties * self.members


def processes_for(plan: Plan, cores: int) -> int:
    """How many processes hold them: as many as are of use, and no more than there are cores."""
    return max(1, min(cores, -(-plan.total // MEMBERS_A_PROCESS)))


def shares(plan: Plan, processes: int) -> list[dict[int, list[int]]]:
    """For each process, which members (by number) of which parties it holds, as even as can be.

    A party is split where that is needed alone. Each process has at least one member.
    """
    held: list[dict[int, list[int]]] = [{} for _ in range(min(processes, plan.total))]
    for number in range(plan.total):
        party, member = divmod(number, plan.members)
        held[number * len(held) // plan.total].setdefault(party, []).append(member)
    return held
