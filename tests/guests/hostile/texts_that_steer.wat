;; Tries to steer terminals, spreadsheets and pages by what it says: who it is, its maps, logsources, categories.
(data (i32.const 0x400) "\80\0a\00\00\14\00\00\00" "\80\0a\00\00\14\00\00\00" "\40\0a\00\00\01\00\00\00")
;; The map's name, the class's product, category and service.
(data (i32.const 0xa40) "\a0\0a\00\00\1a\00\00\00")
(data (i32.const 0x7a4) "\01\00\00\00" "\c0\0a\00\00\30\00\00\00" "\01\00\00\00" "\80\0a\00\00\14\00\00\00")
(data (i32.const 0x7bc) "\01\00\00\00" "\a0\0a\00\00\1a\00\00\00")
;; The explanation: the same class, and one category.
(data (i32.const 0x600) "\00")
(data (i32.const 0x640) "\48\0a\00\00\01\00\00\00")
(data (i32.const 0xa48) "\c0\0a\00\00\30\00\00\00")
(func $explain (param i32) (result i32)
  (memory.copy (i32.const 0x608) (i32.const 0x7a0) (i32.const 44))
  (i32.const 0x600))
;; 20 bytes, 26 bytes, 48 bytes.
(data (i32.const 0xa80) "\1b[2J\1b]0;x\07\e2\80\ae\e2\80\8b<b>")
(data (i32.const 0xaa0) "=cmd|'/c calc'!A1\c2\9b31m\0d\0aHi")
(data (i32.const 0xac0) "@<script>alert(1)</script>\1b[31m\e2\80\ae\e2\81\a9\ef\bb\bf\0a=1+1\00ab")
