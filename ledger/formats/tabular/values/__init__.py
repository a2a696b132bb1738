"""What single cells say, once it is settled how their column is written: days and times, amounts, zones."""
