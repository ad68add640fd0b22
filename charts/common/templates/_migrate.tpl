{{/*
An ordinary Job, so that every tool that applies manifests runs it. A Job can't be changed, so its name follows from what is
in it: another image, or another setting, is another Job. It waits for its server, and does nothing on a database that is
already there or further.
*/}}
{{- define "common.migrateJob" -}}
{{- if .Values.common.global.migrate.enabled }}
{{- $template := include "common.migratePod" . }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Chart.Name }}-migrate-{{ $template | sha256sum | trunc 8 }}
  labels: {{- include "common.labels" (dict "root" . "component" "migrate") | nindent 4 }}
spec:
  backoffLimit: 6
  activeDeadlineSeconds: {{ .Values.common.global.migrate.deadlineSeconds | int }}
  template: {{- $template | nindent 4 }}
{{- end }}
{{- end }}

{{/* Without labels that change with each release of the chart alone. */}}
{{- define "common.migratePod" -}}
metadata:
  labels: {{- include "common.selectorLabels" (dict "root" . "component" "migrate") | nindent 4 }}
spec:
  serviceAccountName: {{ .Chart.Name }}
  restartPolicy: OnFailure
  {{- include "common.podBasics" . | trim | nindent 2 }}
  containers:
    - name: migrate
      image: {{ include "common.image" . | quote }}
      imagePullPolicy: {{ .Values.common.global.image.pullPolicy }}
      args: ["services/{{ .Chart.Name }}/src/migrate.ts"]
      env:
        {{- range $name, $value := include "common.databaseEnvironment" (dict "root" . "name" "mysql-migrator") | fromYaml }}
        - { name: {{ $name }}, value: {{ $value | quote }} }
        {{- end }}
      resources: {{- toYaml (include "common.settings" . | fromYaml).resources | nindent 8 }}
      securityContext: {{- include "common.containerSecurity" . | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        - { name: credentials, mountPath: /etc/checkout/credentials, readOnly: true }
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- include "common.credentialsVolume" (include "common.databaseCredentials" (dict "root" . "name" "mysql-migrator" "user" .Values.mysql.migrator)) | nindent 4 }}
{{- end }}
