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
{{- if $global.datadog.dataStreams }}
DD_DATA_STREAMS_ENABLED: "true"
{{- end }}
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

{{/* What the agent makes of /metrics: dashboards and monitors know its metrics by this namespace. */}}
{{- define "common.openMetrics" -}}
{{- $instance := dict
  "openmetrics_endpoint" (printf "http://%s:9090/metrics" .)
  "namespace" "checkout"
  "metrics" (list ".+")
  "histogram_buckets_as_distributions" true
-}}
{{- dict "init_config" dict "instances" (list $instance) | toJson }}
{{- end }}

{{/* By these an agent that sees the pod from outside finds /metrics. One in the pod has a file instead. */}}
{{- define "common.agentAnnotations" -}}
{{- if has .Values.common.global.datadog.agent (list "daemonset" "injected") }}
{{- $check := include "common.openMetrics" "%%host%%" | fromJson }}
ad.datadoghq.com/app.checks: {{ dict "openmetrics" $check | toJson | squote }}
{{- end }}
{{- end }}

{{- define "common.agentLabels" -}}
{{- if eq .Values.common.global.datadog.agent "injected" }}
{{- toYaml .Values.common.global.datadog.injectedLabels }}
{{- end }}
{{- end }}

{{/*
The agent as a native sidecar: up before the app, stopped after it. A sidecar that is not ready makes its pod unready, and one
that waits for its next start is not ready. So it has no probe, and its container outlives the agent: else a revoked API key would
empty every Service. The image's usual supervisor ends with the agent and wants to be the first process, so the plain one runs.
*/}}
{{- define "common.agentContainers" -}}
{{- $global := .Values.common.global }}
{{- $datadog := $global.datadog }}
{{- if eq $datadog.agent "sidecar" }}
# The configuration that the image brings and the check of /metrics, where a read-only root lets the agent complete it.
- name: datadog-agent-config
  image: {{ $datadog.image }}
  imagePullPolicy: {{ $global.image.pullPolicy }}
  command:
    - sh
    - -c
    - cp -R /etc/datadog-agent/. /config/ && mkdir -p "$CHECK" && printf %s "$OPENMETRICS" >"$CHECK/conf.yaml"
  env:
    - { name: CHECK, value: /config/conf.d/openmetrics.d }
    - { name: OPENMETRICS, value: {{ include "common.openMetrics" "127.0.0.1" | squote }} }
  resources: {{- toYaml $datadog.resources | nindent 4 }}
  securityContext: {{- include "common.agentSecurity" . | nindent 4 }}
  volumeMounts:
    - { name: datadog-config, mountPath: /config }
- name: datadog-agent
  image: {{ $datadog.image }}
  imagePullPolicy: {{ $global.image.pullPolicy }}
  restartPolicy: Always
  command:
    - sh
    - -c
    - |
      trap 'kill "$child"; wait "$child"; exit 0' TERM
      while :; do
        /bin/entrypoint.sh & child=$!
        wait "$child"
        echo "The agent ended with $?, and starts again in 10 s." >&2
        sleep 10 & child=$!
        wait "$child"
      done
  env:
    - { name: ENTRYPOINT, value: simple-all-in-one }
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
