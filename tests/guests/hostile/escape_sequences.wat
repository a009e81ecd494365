;; Tries to steer the terminal of whoever reads why it refused the pack.
(data (i32.const 0x440) "\01\00\00\00\00\00\00\00" "\04\00\00\00" "\00\00\00\00\00\00\00\00")
(data (i32.const 0x450) "\40\0a\00\00\1e\00\00\00")
(data (i32.const 0xa40) "\1b[2J\1b[31m\c2\9bgone\e2\80\ae\1b]0;x\07\0a\0d!!!!")
