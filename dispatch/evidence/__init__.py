"""What visits leave behind: photos, signatures and notes, as they were given and never changed."""
