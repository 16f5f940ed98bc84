{{/* Your image, by digest where there is one. */}}
{{- define "podidentity.image" -}}
{{- $repository := required "set image.repository to where your image is: no registry has one" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Helm knows no object of a kind before the kind is defined. What a first release makes as a hook, the next one
     takes over as its own: that is what the two names are for. */}}
{{- define "podidentity.afterDefinitions" -}}
{{- if .Capabilities.APIVersions.Has "podidentity.io/v1alpha1/PodIdentityGuardrail" -}}
{}
{{- else -}}
{"helm.sh/hook":"post-install,post-upgrade","meta.helm.sh/release-name":{{ .Release.Name | quote }},"meta.helm.sh/release-namespace":{{ .Release.Namespace | quote }}}
{{- end -}}
{{- end -}}
