;; Tries to run while nobody waits for it.
(component
  (type (func async))
  ;; What no compiler takes: it is refused before anything is compiled.
  (core module (func (result i32) i64.const 1))
  (instance $detector)
  (export "glassbox:siem/detector@0.2.0" (instance $detector))
)
