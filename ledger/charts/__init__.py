"""What pictures show, as codes and integers: pages, report and the table beside each picture have it from here."""
