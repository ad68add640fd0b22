{{/* What is particular about this service, for the templates of `common`. */}}
{{- define "shipping.service" -}}
database: true
scales: true
guardedPath: /v1/shipments/00000000-0000-7000-8000-000000000000
provider: { name: carrier, variable: CARRIER, webhook: true }
webhookSecrets: [carrier]
edgePaths:
  - { path: /v1/webhooks/carrier, exact: true }
alerts:
  - alert: CheckoutParcelMissing
    expr: increase(parcels_missing_total[10m]) > 0
    labels: { severity: warning, service: shipping }
    annotations:
      summary: The carrier no longer has a parcel that it took.
      description: The log of shipping names the order. Find out what became of it, then retry or resolve its saga.
{{- end }}

{{- define "shipping.checks" -}}{{- end }}
