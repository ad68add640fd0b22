{{- define "common.deployment" -}}
{{- include "common.checks" . }}
{{- $global := .Values.common.global }}
{{- $settings := include "common.settings" . | fromYaml }}
{{- $service := include "common.service" . | fromYaml }}
{{- $credentials := include "common.credentials" . }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Chart.Name }}
  labels:
    {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
    {{- with include "common.datadogLabels" . | trim }}
    {{- . | nindent 4 }}
    {{- end }}
spec:
  {{- if eq $settings.autoscaling.mode "none" }}
  replicas: {{ $settings.replicas | int }}
  {{- end }}
  # A migration may take its time, and new pods wait for it.
  progressDeadlineSeconds: 1200
  strategy:
    {{- if $service.scales }}
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
    {{- else }}
    type: Recreate
    {{- end }}
  selector:
    matchLabels: {{- include "common.selectorLabels" (dict "root" . "component" "server") | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.labels" (dict "root" . "component" "server") | nindent 8 }}
        {{- with include "common.datadogLabels" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with include "common.agentLabels" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $settings.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ include "common.environment" . | sha256sum }}
        {{- with include "common.agentAnnotations" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $settings.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .Chart.Name }}
      terminationGracePeriodSeconds: {{ $settings.shutdown.gracePeriodSeconds | int }}
      {{- include "common.podBasics" . | trim | nindent 6 }}
      {{- if and $settings.scheduling.spread $service.scales }}
      topologySpreadConstraints: {{- include "common.spread" . | trim | nindent 8 }}
      {{- end }}
      {{- with include "common.agentContainers" . | trim }}
      initContainers: {{- . | nindent 8 }}
      {{- end }}
      containers:
        - name: app
          image: {{ include "common.image" . | quote }}
          imagePullPolicy: {{ $global.image.pullPolicy }}
          args: [{{ if $global.watch }}"--watch", {{ end }}"services/{{ .Chart.Name }}/src/main.ts"]
          envFrom:
            - configMapRef:
                name: {{ .Chart.Name }}
          {{- with include "common.podEnvironment" . | trim }}
          env: {{- . | nindent 12 }}
          {{- end }}
          ports:
            - { name: http, containerPort: 8080 }
            - { name: ops, containerPort: 9090 }
          {{- include "common.probes" . | nindent 10 }}
          {{- with $settings.shutdown.preStopSeconds | int }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ . }}
          {{- end }}
          resources: {{- toYaml $settings.resources | nindent 12 }}
          securityContext: {{- include "common.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
            {{- if $credentials }}
            - { name: credentials, mountPath: /etc/checkout/credentials, readOnly: true }
            {{- end }}
            {{- if $service.dataDir }}
            - { name: data, mountPath: {{ $service.dataDir }} }
            {{- end }}
            {{- with include "common.agentMounts" . | trim }}
            {{- . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
        {{- if $credentials }}
        {{- include "common.credentialsVolume" $credentials | nindent 8 }}
        {{- end }}
        {{- with $service.dataVolume }}
        - name: data
          {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- with include "common.agentVolumes" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
{{- end }}
