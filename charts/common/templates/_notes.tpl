{{- define "common.notes" -}}
{{ .Chart.Name }} {{ include "common.version" . }} is installed in {{ .Release.Namespace }}.

See it come up; pods are ready when the database has what this release needs:
  kubectl --namespace {{ .Release.Namespace }} rollout status deployment/{{ .Chart.Name }} --timeout=20m
{{- if (include "common.service" . | fromYaml).database }}
  kubectl --namespace {{ .Release.Namespace }} logs --selector app.kubernetes.io/name={{ .Chart.Name }},app.kubernetes.io/component=migrate

A migration that failed for good is not run again by an upgrade that changes nothing about it. When its cause is mended, delete its Job
and upgrade to the same again:
  kubectl --namespace {{ .Release.Namespace }} delete job --selector app.kubernetes.io/name={{ .Chart.Name }},app.kubernetes.io/component=migrate
{{- end }}

Try it:
  helm test {{ .Release.Name }} --namespace {{ .Release.Namespace }} --logs
  kubectl --namespace {{ .Release.Namespace }} port-forward service/{{ .Chart.Name }} 8080:8080 9090:9090
  curl http://127.0.0.1:9090/readyz
{{- end }}
