{{/* Which pairs of instrumentation and agent work. */}}
{{- define "common.telemetryPairs" -}}
otel: ["off", sidecar, daemonset]
datadog: [sidecar, daemonset, injected]
"off": ["off"]
{{- end }}

{{/* The part of the telemetry's environment that is the same in all pods. */}}
{{- define "common.telemetryEnvironment" -}}
{{- $global := .Values.common.global -}}
TELEMETRY: {{ $global.telemetry.mode | quote }}
{{- if eq $global.telemetry.mode "otel" }}
OTEL_SERVICE_NAME: {{ .Chart.Name }}
{{- if eq $global.datadog.agent "off" }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ $global.telemetry.otlp.endpoint }}
{{- else if eq $global.datadog.agent "sidecar" }}
OTEL_EXPORTER_OTLP_ENDPOINT: http://127.0.0.1:4318
{{- end }}
{{- end }}
{{- if eq $global.telemetry.mode "datadog" }}
{{- if eq $global.datadog.agent "sidecar" }}
DD_AGENT_HOST: 127.0.0.1
{{- else if $global.datadog.socket }}
DD_TRACE_AGENT_URL: unix:///var/run/datadog/apm.socket
DD_DOGSTATSD_URL: unix:///var/run/datadog/dsd.socket
{{- end }}
{{- end }}
{{- end }}

{{/* The part that differs from pod to pod. A later variable may name an earlier one. */}}
{{- define "common.podEnvironment" -}}
{{- $global := .Values.common.global }}
{{- if eq $global.telemetry.mode "otel" }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: OTEL_RESOURCE_ATTRIBUTES
  value: service.namespace=checkout,service.version={{ include "common.version" . }},deployment.environment.name={{ $global.environment }},k8s.pod.name=$(POD_NAME)
{{- end }}
{{- if and (eq $global.datadog.agent "daemonset") (not $global.datadog.socket) }}
- name: DD_AGENT_HOST
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
{{- if eq $global.telemetry.mode "otel" }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: http://$(DD_AGENT_HOST):4318
{{- end }}
{{- end }}
{{- if eq $global.telemetry.mode "datadog" }}
{{- range list "env" "service" "version" }}
- name: DD_{{ upper . }}
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['tags.datadoghq.com/{{ . }}']
{{- end }}
{{- end }}
{{- end }}

{{- define "common.agentLabels" -}}
{{- if eq .Values.common.global.datadog.agent "injected" }}
{{- toYaml .Values.common.global.datadog.injectedLabels }}
{{- end }}
{{- end }}

{{/*
The agent as a native sidecar: up before the app, stopped after it. It has no startup and no readiness probe: a sidecar that
is not ready makes its pod unready, so a revoked API key would empty every Service.
*/}}
{{- define "common.agentContainers" -}}
{{- $global := .Values.common.global }}
{{- $datadog := $global.datadog }}
{{- if eq $datadog.agent "sidecar" }}
# The configuration that the image brings, where a read-only root lets the agent complete it.
- name: datadog-agent-config
  image: {{ $datadog.image }}
  imagePullPolicy: {{ $global.image.pullPolicy }}
  command: [sh, -c, cp -R /etc/datadog-agent/. /config/]
  resources: {{- toYaml $datadog.resources | nindent 4 }}
  securityContext: {{- include "common.agentSecurity" . | nindent 4 }}
  volumeMounts:
    - { name: datadog-config, mountPath: /config }
- name: datadog-agent
  image: {{ $datadog.image }}
  imagePullPolicy: {{ $global.image.pullPolicy }}
  restartPolicy: Always
  env:
    - name: DD_API_KEY
      valueFrom:
        secretKeyRef:
          name: {{ $datadog.apiKey.secret }}
          key: {{ $datadog.apiKey.key }}
    - { name: DD_SITE, value: {{ $datadog.site }} }
    {{- if $datadog.fargate }}
    - { name: DD_EKS_FARGATE, value: "true" }
    {{- else }}
    - name: DD_HOSTNAME
      valueFrom:
        fieldRef:
          fieldPath: spec.nodeName
    {{- end }}
    {{- range list "env" "service" "version" }}
    - name: DD_{{ upper . }}
      valueFrom:
        fieldRef:
          fieldPath: metadata.labels['tags.datadoghq.com/{{ . }}']
    {{- end }}
    # It watches one process and has no token: neither the kubelet nor a container runtime is its business.
    - { name: DD_AUTOCONFIG_EXCLUDE_FEATURES, value: kubernetes cri containerd docker podman }
    - { name: DD_APM_ENABLED, value: "true" }
    - { name: DD_APM_RECEIVER_PORT, value: "8126" }
    - { name: DD_APM_NON_LOCAL_TRAFFIC, value: "false" }
    - { name: DD_DOGSTATSD_PORT, value: "8125" }
    - { name: DD_DOGSTATSD_NON_LOCAL_TRAFFIC, value: "false" }
    - { name: DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_GRPC_ENDPOINT, value: "127.0.0.1:4317" }
    - { name: DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT, value: "127.0.0.1:4318" }
    - { name: DD_LOGS_ENABLED, value: "false" }
    - { name: DD_PROCESS_AGENT_ENABLED, value: "false" }
    - { name: DD_HEALTH_PORT, value: "5555" }
  livenessProbe:
    httpGet: { path: /live, port: 5555 }
    periodSeconds: 30
    timeoutSeconds: 5
    failureThreshold: 10
  resources: {{- toYaml $datadog.resources | nindent 4 }}
  securityContext: {{- include "common.agentSecurity" . | nindent 4 }}
  volumeMounts:
    - { name: datadog-config, mountPath: /etc/datadog-agent }
    - { name: datadog-run, mountPath: /opt/datadog-agent/run }
    - { name: datadog-sockets, mountPath: /var/run/datadog }
    - { name: datadog-log, mountPath: /var/log/datadog }
    - { name: datadog-tmp, mountPath: /tmp }
{{- end }}
{{- end }}

{{- define "common.agentSecurity" -}}
runAsNonRoot: true
runAsUser: 100
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Of the app. The node's own sockets come by CSI: `restricted` refuses a hostPath. */}}
{{- define "common.agentMounts" -}}
{{- if .Values.common.global.datadog.socket }}
- { name: datadog-sockets, mountPath: /var/run/datadog, readOnly: true }
{{- end }}
{{- end }}

{{- define "common.agentVolumes" -}}
{{- $datadog := .Values.common.global.datadog }}
{{- if $datadog.socket }}
- name: datadog-sockets
  csi:
    driver: k8s.csi.datadoghq.com
    readOnly: true
    volumeAttributes:
      type: APMSocketDirectory
{{- else if eq $datadog.agent "sidecar" }}
{{- range list "config" "run" "sockets" "log" "tmp" }}
- name: datadog-{{ . }}
  emptyDir:
    sizeLimit: 64Mi
{{- end }}
{{- end }}
{{- end }}
