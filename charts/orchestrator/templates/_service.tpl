{{/* What is particular about this service, for the templates of `common`. */}}
{{- define "orchestrator.service" -}}
database: true
scales: true
guardedPath: /v1/sagas
{{- with .Values.saga }}
environment:
  {{- range $key, $variable := dict "retryBaseMs" "RETRY_BASE_MS" "retryCapMs" "RETRY_CAP_MS" "stepTries" "STEP_TRIES" "undoTries" "UNDO_TRIES" "reviewDeadlineMs" "REVIEW_DEADLINE_MS" }}
  {{- if not (kindIs "invalid" (index $.Values.saga $key)) }}
  {{ $variable }}: {{ get $.Values.saga $key | int64 | quote }}
  {{- end }}
  {{- end }}
{{- end }}
alerts:
  - alert: CheckoutSagaNeedsOperator
    expr: max(sagas{service="orchestrator", state="NEEDS_OPERATOR"}) > 0
    labels: { severity: critical, service: orchestrator }
    annotations:
      summary: A checkout cannot go on by itself.
      description: GET /v1/sagas?state=NEEDS_OPERATOR lists them; retry or resolve each.
{{- end }}

{{- define "orchestrator.checks" -}}
{{- with .Values.saga }}
{{- if gt (int64 (.retryBaseMs | default 1000)) (int64 (.retryCapMs | default 60000)) }}
{{- fail "saga.retryBaseMs: longer than saga.retryCapMs, the longest time between two tries. Lower it" }}
{{- end }}
{{- end }}
{{- end }}
