"""Who the bots are and what they say."""

NAMES = (
    "Ada", "Ben", "Chloé", "Deniz", "Emeka", "Fatima", "Grace", "Hiro", "Ines", "Jakub", "Katrin", "Luis",
)  # fmt: skip
SAID = (
    "Look at that!",
    "Who is she again?",
    "I have seen this one before, and won't say a word.",
    "Louder, please.",
    "That was close.",
    "One moment, there is somebody at the door.",
    "Again! Go back a bit?",
    "😂",
    "The light in this scene is something.",
    "No. No, no, no.",
    "Is anybody else hungry?",
    "Best part coming up.",
)
REACTIONS = ("🎉", "😂", "😮", "❤️", "👏")


def name_of(number: int) -> str:
    """The name of the bot with this number, from 0 on."""
    round_, place = divmod(number, len(NAMES))
    return NAMES[place] if round_ == 0 else f"{NAMES[place]} {round_ + 1}"
