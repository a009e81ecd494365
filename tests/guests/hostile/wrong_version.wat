;; Tries to pass with a version of the contract that is not out yet.
(component
  ;; What no compiler takes: it is refused before anything is compiled.
  (core module (func (result i32) i64.const 1))
  (instance $detector)
  (export "glassbox:siem/detector@9.9.9" (instance $detector))
)
