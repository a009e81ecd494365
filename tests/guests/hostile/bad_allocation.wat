;; Tries to make the host write the records at an odd address beyond the memory.
(func $realloc (param i32 i32 i32 i32) (result i32) (i32.const 0x7ffffff1))
