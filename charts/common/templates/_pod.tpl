{{/* What pod-security `restricted` asks of a pod. The group may read the credentials. */}}
{{- define "common.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "common.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ .Values.common.global.readOnlyRootFilesystem }}
capabilities:
  drop: [ALL]
{{- end }}

{{/* What every pod of a service says alike: the app's, the migration's and the test's. */}}
{{- define "common.podBasics" -}}
{{- $global := .Values.common.global }}
{{- $scheduling := (include "common.settings" . | fromYaml).scheduling }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "common.podSecurity" . | nindent 2 }}
{{- with $global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $scheduling.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $scheduling.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $scheduling.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* As even as nodes allow: a shop that cannot spread shall still sell. */}}
{{- define "common.spread" -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- topologyKey: {{ . }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  matchLabelKeys: [pod-template-hash]
  labelSelector:
    matchLabels: {{- include "common.selectorLabels" (dict "root" $ "component" "server") | nindent 6 }}
{{- end }}
{{- end }}

{{/*
Liveness asks the event loop alone: a restart repairs nothing that lies outside of the process. Readiness asks the log;
bus, cache and providers never change it, else an outage of theirs would take the API down.
*/}}
{{- define "common.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readyz, port: ops }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 3
livenessProbe:
  httpGet: { path: /healthz, port: ops }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}
