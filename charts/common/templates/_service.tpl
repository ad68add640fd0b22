{{- define "common.serviceObject" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "common.labels" (dict "root" . "component" "server") | nindent 4 }}
spec:
  selector: {{- include "common.selectorLabels" (dict "root" . "component" "server") | nindent 4 }}
  ports:
    - { name: http, port: 8080, targetPort: http, appProtocol: http }
    - { name: ops, port: 9090, targetPort: ops, appProtocol: http }
{{- end }}
