;; What every hostile guest of a core module is put into: an honest plugin, piece by piece.
;;
;; Each piece below begins with its name in square brackets on a line of comment. A guest that defines the function, or
;; the memory, of that name replaces the piece; data segments of a guest come after these and change what they hold.
;;
;; The plugin notes the first record of each batch and calls the others quiet; of a noted record it makes one good
;; finding, if the record begins with `!`. Its state is empty. Addresses that guests change:
;;
;;   0x0400 the description      0x0440 the answer of configure   0x0480 the reading      0x0500 the outcome
;;   0x0520 the answer of save   0x0540 the answer of restore     0x0580 the explanation  0x0700 the noted records, 0x0740 the schema
;;   0x0800 the finding          0x0900 its evidence              0x0980 its hit          0x0a00 texts
;;   0x0b00 free                 0x0c00 its contribution      0x10000 the heap

;; [memory]
(memory $memory (export "memory") 2)

;; [heap]
(global $heap (mut i32) (i32.const 0x10000))

;; [realloc]
(func $realloc (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32)
  (local $at i32) (local $end i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (local.set $end (i32.add (local.get $at) (local.get $bytes)))
  (if (i32.gt_u (local.get $end) (i32.mul (memory.size) (i32.const 0x10000)))
    (then
      (if (i32.eq (i32.const -1)
            (memory.grow (i32.add (i32.shr_u (local.get $bytes) (i32.const 16)) (i32.const 1))))
        (then unreachable))))
  (memory.copy (local.get $at) (local.get $old)
    (select (local.get $old_bytes) (local.get $bytes) (i32.lt_u (local.get $old_bytes) (local.get $bytes))))
  (global.set $heap (local.get $end))
  (local.get $at))

;; [post]
(func $post (param i32) (global.set $heap (i32.const 0x10000)))

;; [describe]
(func $describe (result i32) (i32.const 0x400))

;; [configure]
(func $configure (param i32 i32 i64 i64 i32 i64 i32 i64) (result i32) (i32.const 0x440))

;; [read]
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32)
  (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (call $honest_reading (local.get $count))
  (i32.store (i32.const 0x748) (local.get $count))
  (i32.const 0x480))

;; [honest_reading]
(func $honest_reading (param $count i32)
  (i32.store (i32.const 0x48c) (i32.ne (local.get $count) (i32.const 0)))
  (i32.store (i32.const 0x4a0) (i32.sub (local.get $count) (i32.ne (local.get $count) (i32.const 0)))))

;; [judge]
(func $judge (param $body i32) (param $length i32) (param i32 i64) (result i32) (i32.const 0x500))

;; [explain]
(func $explain (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x580))

;; [save]
(func $save (result i32) (i32.const 0x520))

;; [restore]
(func $restore (param i32 i32) (result i32) (i32.const 0x540))

;; [exports]
(export "cabi_realloc" (func $realloc))
(export "glassbox:siem/detector@0.1.0#describe" (func $describe))
(export "glassbox:siem/detector@0.1.0#configure" (func $configure))
(export "glassbox:siem/detector@0.1.0#read" (func $read))
(export "glassbox:siem/detector@0.1.0#judge" (func $judge))
(export "glassbox:siem/detector@0.1.0#explain" (func $explain))
(export "glassbox:siem/detector@0.1.0#save" (func $save))
(export "glassbox:siem/detector@0.1.0#restore" (func $restore))
(export "cabi_post_glassbox:siem/detector@0.1.0#describe" (func $post))
(export "cabi_post_glassbox:siem/detector@0.1.0#configure" (func $post))
(export "cabi_post_glassbox:siem/detector@0.1.0#read" (func $post))
(export "cabi_post_glassbox:siem/detector@0.1.0#judge" (func $post))
(export "cabi_post_glassbox:siem/detector@0.1.0#explain" (func $post))
(export "cabi_post_glassbox:siem/detector@0.1.0#save" (func $post))
(export "cabi_post_glassbox:siem/detector@0.1.0#restore" (func $post))

;; [data]
;; The description: its name, its version, one schema, pack format 1.
(data (i32.const 0x400) "\20\0a\00\00\07\00\00\00" "\28\0a\00\00\01\00\00\00" "\30\0a\00\00\01\00\00\00" "\01\00\00\00")
;; The reading: noted records at 0x700, one schema at 0x740; how many of each is set at each call.
(data (i32.const 0x480) "\00\00\00\00\00\00\00\00" "\00\07\00\00\00\00\00\00")
(data (i32.const 0x4b8) "\40\07\00\00\01\00\00\00")
(data (i32.const 0x740) "\00\0a\00\00\04\00\00\00")
;; The outcome: one finding.
(data (i32.const 0x500) "\00\00\00\00" "\00\08\00\00\01\00\00\00")
;; The explanation is an error: not configured.
(data (i32.const 0x580) "\01\00\00\00\00\00\00\00\00")
;; The finding: schema, one hit, one piece of evidence, base -200, one contribution, 500 points, 62 % (60 to 64), above.
(data (i32.const 0x818) "\00\0a\00\00\04\00\00\00")
(data (i32.const 0x854) "\80\09\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00" "\00\09\00\00\01\00\00\00")
(data (i32.const 0x86c) "\38\ff\ff\ff" "\00\0c\00\00\01\00\00\00" "\f4\01\00\00" "\e0\75\09\00")
(data (i32.const 0x880) "\c0\27\09\00" "\00\c4\09\00" "\00")
;; The evidence: the record contains `!`, as its first byte shows.
(data (i32.const 0x900) "\0c\0a\00\00\09\00\00\00" "\00\00\00\00\00\00\00\00" "\01\00\00\00" "\16\0a\00\00\01\00\00\00")
(data (i32.const 0x924) "\01\00\00\00")
(data (i32.const 0x930) "\01\00\00\00")
(data (i32.const 0x944) "\16\0a\00\00\01\00\00\00")
;; The hit: its rule, its evidence. The contribution: term 0, bin 1, a value that the evidence shows, 700 points.
(data (i32.const 0x980) "\04\0a\00\00\04\00\00\00" "\d0\09\00\00\01\00\00\00")
(data (i32.const 0xc00) "\00\00\00\00" "\01\00\00\00\01\00\00\00")
(data (i32.const 0xc60) "\bc\02\00\00" "\d0\09\00\00\01\00\00\00")
;; Texts.
(data (i32.const 0xa00) "line" "told" "yes\00" "selection\00" "!")
(data (i32.const 0xa20) "hostile\00" "1")
(data (i32.const 0xa30) "\00\0a\00\00\04\00\00\00")
