{{/* What is particular about this service, for the templates of `common`. */}}
{{- define "shipping.service" -}}
database: true
scales: true
guardedPath: /v1/shipments/00000000-0000-7000-8000-000000000000
provider: { name: carrier, variable: CARRIER, webhook: true }
webhookSecrets: [carrier]
edgePaths:
  - { path: /v1/webhooks/carrier, exact: true }
{{- end }}

{{- define "shipping.checks" -}}{{- end }}
