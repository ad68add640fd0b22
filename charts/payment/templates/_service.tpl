{{/* What is particular about this service, for the templates of `common`. */}}
{{- define "payment.service" -}}
database: true
scales: true
guardedPath: /v1/payments/00000000-0000-7000-8000-000000000000
provider: { name: psp, variable: PSP, webhook: true }
webhookSecrets: [psp]
edgePaths:
  - { path: /v1/webhooks/psp, exact: true }
alerts:
  - alert: CheckoutPaymentParked
    expr: increase(payments_parked_total[10m]) > 0
    labels: { severity: critical, service: payment }
    annotations:
      summary: The provider names another amount than ours for a payment.
      description: GET /v1/payments/{orderId} shows both; it waits for an operator.
  - alert: CheckoutLedgersDiffer
    expr: max(payment_differences{service="payment"}) > 0
    for: 10m
    labels: { severity: critical, service: payment }
    annotations:
      summary: Our ledger and the provider's differ.
      description: GET /v1/reconciliation lists the payments.
{{- end }}

{{- define "payment.checks" -}}{{- end }}
