;; Tries nothing: the frame alone, so that the others' faults are their own.

