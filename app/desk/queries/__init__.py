"""What the pages of this stage read across stages (经办)."""
