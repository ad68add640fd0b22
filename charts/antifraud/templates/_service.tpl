{{/* What is particular about this service, for the templates of `common`. */}}
{{- define "antifraud.service" -}}
database: true
scales: true
guardedPath: /v1/reviews
provider: { name: bureau, variable: BUREAU, webhook: false }
{{- with .Values.reviewTotalMinor }}
environment:
  REVIEW_TOTAL_MINOR: {{ . | int64 | quote }}
{{- end }}
{{- end }}

{{- define "antifraud.checks" -}}{{- end }}
