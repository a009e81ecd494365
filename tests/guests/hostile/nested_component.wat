;; Tries to hide its parts in components within components.
(component
  (component (component (component (component))))
  ;; What no compiler takes: it is refused before anything is compiled.
  (core module (func (result i32) i64.const 1))
  (instance $detector)
  (export "glassbox:siem/detector@0.2.0" (instance $detector))
)
