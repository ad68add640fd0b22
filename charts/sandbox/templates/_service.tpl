{{/* What is particular about this service, for the templates of `common`. */}}
{{- define "sandbox.service" -}}
database: false
scales: false
dataDir: /data
{{- if eq .Values.storage.kind "claim" }}
dataVolume: { persistentVolumeClaim: { claimName: sandbox } }
{{- else }}
dataVolume: { emptyDir: { sizeLimit: 256Mi } }
{{- end }}
webhookSecrets: [psp, carrier]
environment:
  SANDBOX_DELIVERY_MS: {{ .Values.deliveryMs | int64 | quote }}
  {{- if .Values.common.global.providers.psp.webhook.secret }}
  PSP_WEBHOOK_URL: http://payment:8080/v1/webhooks/psp
  PSP_WEBHOOK_SECRET_FILE: /etc/checkout/credentials/psp-webhook-secret
  {{- end }}
  {{- if .Values.common.global.providers.carrier.webhook.secret }}
  CARRIER_WEBHOOK_URL: http://shipping:8080/v1/webhooks/carrier
  CARRIER_WEBHOOK_SECRET_FILE: /etc/checkout/credentials/carrier-webhook-secret
  {{- end }}
{{- end }}

{{- define "sandbox.checks" -}}
{{- if not .Values.common.global.sandbox.enabled }}
{{- fail "global.sandbox.enabled: false, and the services call real providers. Set it to true, so that they call the sandbox, or do not install this chart" }}
{{- end }}
{{- if gt (int (.Values.replicas | default 1)) 1 }}
{{- fail "replicas: the sandbox keeps one ledger, so there is one pod. Leave it out" }}
{{- end }}
{{- if ne (dig "mode" "none" (.Values.autoscaling | default dict)) "none" }}
{{- fail "autoscaling.mode: the sandbox keeps one ledger, so there is one pod. Leave it out" }}
{{- end }}
{{- if and .Values.storage.className (ne .Values.storage.kind "claim") }}
{{- fail "storage.className: has no effect with storage.kind memory. Set storage.kind to claim, or leave it out" }}
{{- end }}
{{- end }}
