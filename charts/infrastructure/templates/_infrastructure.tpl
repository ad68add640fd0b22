{{/* Arguments: root, component. */}}
{{- define "infrastructure.labels" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/component: {{ .kind | default "server" }}
app.kubernetes.io/part-of: checkout-infrastructure
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{/* An uninstall leaves the data where it is; the README has the deliberate removal. */}}
{{- define "infrastructure.kept" -}}
helm.sh/resource-policy: keep
{{- end }}

{{/* Copies of a message: three, or as many as there are brokers. */}}
{{- define "infrastructure.copies" -}}
{{- if eq .Values.kafka.provider "strimzi" }}{{ min 3 (int .Values.kafka.nodes) }}{{ else }}{{ int .Values.kafka.topics.replicas }}{{ end }}
{{- end }}

{{/* Copies that have a message before it is acknowledged: one may be away. */}}
{{- define "infrastructure.copiesInSync" -}}
{{ max 1 (sub (include "infrastructure.copies" . | int) 1) }}
{{- end }}

{{/* A bootstrap Job: its name follows from what is in it, because a Job can't be changed. Arguments: root, component, template. */}}
{{- define "infrastructure.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .component }}-bootstrap-{{ .template | sha256sum | trunc 8 }}
  labels: {{- include "infrastructure.labels" (dict "root" .root "component" .component "kind" "bootstrap") | nindent 4 }}
spec:
  backoffLimit: 10
  activeDeadlineSeconds: 1800
  template: {{- .template | nindent 4 }}
{{- end }}

{{/* Arguments: root, component, user (of the image). */}}
{{- define "infrastructure.jobPod" -}}
metadata:
  labels: {{- include "infrastructure.jobLabels" .component | nindent 4 }}
spec:
  restartPolicy: OnFailure
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ .user }}
    runAsGroup: {{ .user }}
    fsGroup: {{ .user }}
    seccompProfile:
      type: RuntimeDefault
  {{- with .root.Values.common.global.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}

{{- define "infrastructure.jobLabels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/component: bootstrap
app.kubernetes.io/part-of: checkout
{{- end }}

{{- define "infrastructure.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
