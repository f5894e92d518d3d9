"""How notifications reach people where they are: by mail, Slack, Discord, Telegram, ntfy and the like."""
