"""People, time, storage and messages: what any business software would need, and no word of the trade."""
