{{/* What is particular about this service, for the templates of `common`. */}}
{{- define "order.service" -}}
database: true
cache: true
scales: true
guardedPath: /v1/orders?userId=helm-test
edgePaths:
  - { path: /v1/orders, exact: false }
  - { path: /docs, exact: false, docs: true }
  - { path: /openapi.json, exact: true, docs: true }
{{- with .Values.rateLimitPerSecond }}
environment:
  RATE_LIMIT_PER_S: {{ . | int64 | quote }}
{{- end }}
alerts:
  - alert: CheckoutOrdersRefused
    expr: |-
      sum(rate(http_requests_total{service="order", status=~"5.."}[5m]))
        / sum(rate(http_requests_total{service="order"}[5m])) > 0.01
    for: 5m
    labels: { severity: critical, service: order }
    annotations:
      summary: More than one in a hundred requests to the order API fails.
      description: The objective is 99.9 % over 30 days. Look at readiness, the database and the load.
  # The objective's budget, a thousandth of the requests of 30 days: two windows and the rates of the Site Reliability Workbook,
  # chapter 5, “Alerting on SLOs”. The short window ends the alert soon after the failures have.
  - alert: CheckoutBudgetBurnsFast
    expr: |-
      sum(rate(http_requests_total{service="order", status=~"5.."}[1h]))
        / sum(rate(http_requests_total{service="order"}[1h])) > 14.4 * 0.001
      and
      sum(rate(http_requests_total{service="order", status=~"5.."}[5m]))
        / sum(rate(http_requests_total{service="order"}[5m])) > 14.4 * 0.001
    labels: { severity: critical, service: order }
    annotations:
      summary: At this rate a fiftieth of the month’s failed requests to the order API goes in an hour.
      description: The objective is 99.9 % over 30 days. Look at readiness, the database and the load.
  - alert: CheckoutBudgetBurnsSlowly
    expr: |-
      sum(rate(http_requests_total{service="order", status=~"5.."}[6h]))
        / sum(rate(http_requests_total{service="order"}[6h])) > 6 * 0.001
      and
      sum(rate(http_requests_total{service="order", status=~"5.."}[30m]))
        / sum(rate(http_requests_total{service="order"}[30m])) > 6 * 0.001
    labels: { severity: critical, service: order }
    annotations:
      summary: At this rate a twentieth of the month’s failed requests to the order API goes in six hours.
      description: The objective is 99.9 % over 30 days. Look at readiness, the database and the load.
  - alert: CheckoutOrdersSlow
    expr: |-
      histogram_quantile(0.99, sum by (le) (rate(http_request_seconds_bucket{service="order", method="POST"}[5m]))) > 0.5
    for: 10m
    labels: { severity: warning, service: order }
    annotations:
      summary: One in a hundred orders takes more than half a second to be accepted.
      description: Look at the database's commits and at the load.
{{- end }}

{{- define "order.checks" -}}{{- end }}
