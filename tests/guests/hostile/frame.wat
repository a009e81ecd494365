;; What every hostile guest that is a core module is put into: an honest plugin, in pieces.
;;
;; Each piece below begins with a comment line that holds its name in square brackets. A guest that defines the function,
;; or the memory, of that name replaces the piece. A guest's data segments come after these and change what they hold.
;;
;; The plugin takes any pack and says that its rule 0, item 0, predicate 0 is `contains '!'`: the pack in
;; `tests/guests/pack` has that rule, and a model whose term 0 gives 700 points in bin 1. The plugin notes the first
;; record of each batch; its notes are one byte. For each note it makes one finding, which is correct if the record begins
;; with `!`. Its state is empty. Addresses that guests change:
;;
;;   0x0400 the description     0x0440 the answer of configure   0x0480 the reading   0x0500 the outcome of judge
;;   0x0520 the answer of save  0x0540 the answer of restore     0x0560 the outcome of advance
;;   0x0580 the view            0x0600 the explanation           0x0780 positions of noted records
;;   0x0788 the notes           0x0790 the ends of the notes     0x07a0 the class
;;   0x0800 the finding: all findings are copies of it, with a sequence added to `subject` and `at`
;;   0x0900 its evidence        0x0980 its hit                   0x0a00 texts          0x0b00 free
;;   0x0c00 its contribution    0x4000 zeros up to the heap      0x10000 the heap
;;
;; Offsets of the canonical ABI, in bytes. `list` and `string` are an address and a length of 4 bytes each.
;;
;;   description: name 0, version 8, maps 16, pack-format-max 24
;;   result of configure: the case 0; pack-summary at 8: digest 0, rules 8, fields 12, predicates 16, filters 20, terms 24
;;     configure-error at 8: the case 0, its value 8
;;   result of read: the case 0; reading at 4: classes 0, class-of 8, times 16, unscored 24, outside 32, noted 40,
;;     notes.bytes 48, notes.ends 56, suppressed 64, undecided 72
;;   class (44): map 0; logsource at 4: product 0, category 12, service 24, each the case 0 and a string at 4; routed 40,
;;     blind 41, timed 42
;;   unscored (12): index 0, reason 4, at 8
;;   result of judge and advance: the case 0; outcome at 4: findings 0, quiet 8
;;   result of save: the case 0, the bytes 4.   result of restore: the case 0, kept 4, dropped 12
;;   result of view: the case 0, classes 4, records 12; record-view (24): class 0, time 8, values 16
;;   result of explain: the case 0; explanation at 8: class 0, time 48, categories 56, fields 64, considered 72,
;;     other-logsource 76, finding 80 (the case 0, the finding 8), suppressed 344, near-misses 352
;;   near-miss (24): rule 0, held 4, needed 8, other-logsource 12, failed 16
;;   finding (256): subject 0 (the case 0, the sequence or the window 8), at 48, alert 56, same-act 152, entities 168,
;;     fields 176, hits 184, further-hits 192, hits-total 200, evidence 204, base 212, contributions 216, points 224,
;;     probability 228, probability-low 232, probability-high 236, verdict 240, missing 244
;;   field-place (48): field 0, place 8
;;   text-place (40): within 0 (the case 0, the sequence 8), span 16, encoding 24, further 28
;;   evidence (112): claim 0 (the case 0; rule 4, item 8, predicate 12), place 24 (the case 0; the first text-place 8)
;;   hit (16): rule 0, evidence 4, cut 12
;;   contribution (112): term 0, bin 4 (the case 0, the bin 4), value 16, points 96, evidence 100
;;   step (12): span 0, encoding 8

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
(func $configure (param i32 i32 i64 i64 i32 i64 i32 i64 i32 i32 i32 i32 i64) (result i32) (i32.const 0x440))

;; [read]
(func $read (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32)
  (result i32)
  (call $honest_classes (local.get $count))
  (call $honest_reading (local.get $count))
  (i32.const 0x480))

;; [honest_classes]
;; All records are of the one class, and have no time.
(func $honest_classes (param $count i32)
  (i32.store (i32.const 0x488) (i32.ne (local.get $count) (i32.const 0)))
  (i32.store (i32.const 0x490) (local.get $count))
  (i32.store (i32.const 0x498) (local.get $count)))

;; [honest_reading]
;; The first record is noted, if there is one.
(func $honest_reading (param $count i32)
  (call $note_some (i32.ne (local.get $count) (i32.const 0))))

;; [note_some]
;; So many positions at 0x780, and as many notes of one byte.
(func $note_some (param $noted i32)
  (i32.store (i32.const 0x4b0) (local.get $noted))
  (i32.store (i32.const 0x4b8) (local.get $noted))
  (i32.store (i32.const 0x4c0) (local.get $noted)))

;; [judge]
(func $judge (param $notes i32) (param $length i32) (param $ends i32) (param $count i32) (param $sequences i32) (param i32)
  (result i32)
  (call $honest_outcome (local.get $notes) (local.get $ends) (local.get $count) (local.get $sequences))
  (i32.const 0x500))

;; [honest_outcome]
;; One finding for each note.
(func $honest_outcome (param $note i32) (param $ends i32) (param $count i32) (param $sequences i32)
  (local $finding i32) (local $start i32) (local $end i32) (local $left i32)
  (local.set $finding (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.shl (local.get $count) (i32.const 8))))
  (i32.store (i32.const 0x504) (local.get $finding))
  (i32.store (i32.const 0x508) (local.get $count))
  (local.set $left (local.get $count))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $end (i32.load (local.get $ends)))
      (call $learn (i32.add (local.get $note) (local.get $start)) (i32.sub (local.get $end) (local.get $start)))
      (memory.copy (local.get $finding) (i32.const 0x800) (i32.const 256))
      (call $subject (local.get $finding) (i64.load (local.get $sequences)))
      (i64.store offset=48 (local.get $finding)
        (i64.add (i64.load offset=48 (local.get $finding)) (i64.load (local.get $sequences))))
      (local.set $start (local.get $end))
      (local.set $ends (i32.add (local.get $ends) (i32.const 4)))
      (local.set $sequences (i32.add (local.get $sequences) (i32.const 8)))
      (local.set $finding (i32.add (local.get $finding) (i32.const 256)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next))))

;; [subject]
;; The finding is about the record that has this sequence.
(func $subject (param $finding i32) (param $sequence i64)
  (i64.store offset=8 (local.get $finding) (i64.add (i64.load offset=8 (local.get $finding)) (local.get $sequence))))

;; [learn]
;; What is done with each note before its finding is made.
(func $learn (param $note i32) (param $length i32))

;; [advance]
(func $advance (param i64 i32 i64) (result i32) (i32.const 0x560))

;; [explain]
(func $explain (param i32) (result i32) (i32.const 0x600))

;; [view]
(func $view (param $bytes i32) (param $length i32) (param $ends i32) (param $count i32) (param i32 i32 i32 i32 i32 i32)
  (result i32)
  (i32.store (i32.const 0x588) (i32.ne (local.get $count) (i32.const 0)))
  (i32.store (i32.const 0x590) (local.get $count))
  (i32.const 0x580))

;; [save]
(func $save (result i32) (i32.const 0x520))

;; [restore]
(func $restore (param i32 i32) (result i32) (i32.const 0x540))

;; [exports]
(export "cabi_realloc" (func $realloc))
(export "glassbox:siem/detector@0.2.0#describe" (func $describe))
(export "glassbox:siem/detector@0.2.0#configure" (func $configure))
(export "glassbox:siem/detector@0.2.0#read" (func $read))
(export "glassbox:siem/detector@0.2.0#judge" (func $judge))
(export "glassbox:siem/detector@0.2.0#advance" (func $advance))
(export "glassbox:siem/detector@0.2.0#explain" (func $explain))
(export "glassbox:siem/detector@0.2.0#view" (func $view))
(export "glassbox:siem/detector@0.2.0#save" (func $save))
(export "glassbox:siem/detector@0.2.0#restore" (func $restore))
(export "cabi_post_glassbox:siem/detector@0.2.0#describe" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#configure" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#read" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#judge" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#advance" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#explain" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#view" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#save" (func $post))
(export "cabi_post_glassbox:siem/detector@0.2.0#restore" (func $post))

;; [data]
;; The description: its name, its version, one source map, pack format 1.
(data (i32.const 0x400) "\20\0a\00\00\07\00\00\00" "\28\0a\00\00\01\00\00\00" "\30\0a\00\00\01\00\00\00" "\01\00\00\00")
;; The answer of configure: a digest of zeros, no counts.
(data (i32.const 0x440) "\00\00\00\00\00\00\00\00" "\00\40\00\00\20\00\00\00")
;; The reading: one class; class 0 and time 0 for each record, from the zeros; noted records and notes. How many there are
;; is set at each call.
(data (i32.const 0x484) "\a0\07\00\00\00\00\00\00" "\00\40\00\00\00\00\00\00" "\00\40\00\00\00\00\00\00")
(data (i32.const 0x4ac) "\80\07\00\00\00\00\00\00" "\88\07\00\00\00\00\00\00" "\90\07\00\00\00\00\00\00")
;; Positions of noted records, two notes and their ends.
(data (i32.const 0x780) "\00\00\00\00\00\00\00\00" "!!" "\00\00\00\00\00\00" "\01\00\00\00\02\00\00\00")
;; The view: the same class; for each record zeros.
(data (i32.const 0x584) "\a0\07\00\00\00\00\00\00" "\00\40\00\00\00\00\00\00")
;; The class: map 0, product `test`, routed.
(data (i32.const 0x7a0) "\00\00\00\00" "\01\00\00\00" "\08\0a\00\00\04\00\00\00")
(data (i32.const 0x7c8) "\01")
;; The explanation is an error: not configured.
(data (i32.const 0x600) "\01\00\00\00\00\00\00\00\00")
;; The finding: about a record, one hit of one rule, one piece of evidence, base -200, one contribution, 500 points, 62 %
;; (60 to 64), above.
(data (i32.const 0x8b8) "\80\09\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00" "\01\00\00\00" "\00\09\00\00\01\00\00\00")
(data (i32.const 0x8d4) "\38\ff\ff\ff" "\00\0c\00\00\01\00\00\00" "\f4\01\00\00")
(data (i32.const 0x8e4) "\e0\75\09\00" "\c0\27\09\00" "\00\c4\09\00" "\00")
;; The evidence: rule 0, item 0, predicate 0 holds in the record's first byte, as it stands.
(data (i32.const 0x900) "\00\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00")
(data (i32.const 0x930) "\00\00\00\00\01\00\00\00" "\00")
;; The hit: rule 0, evidence 0. The contribution: term 0, bin 1, a value that the evidence shows, 700 points, evidence 0.
(data (i32.const 0x980) "\00\00\00\00" "\d0\09\00\00\01\00\00\00")
(data (i32.const 0xc00) "\00\00\00\00" "\01\00\00\00\01\00\00\00")
(data (i32.const 0xc60) "\bc\02\00\00" "\d0\09\00\00\01\00\00\00")
;; Texts: the map's name, the product, the plugin's name and version; the list of maps.
(data (i32.const 0xa00) "text" "\00\00\00\00" "test")
(data (i32.const 0xa20) "hostile\00" "1")
(data (i32.const 0xa30) "\00\0a\00\00\04\00\00\00")
