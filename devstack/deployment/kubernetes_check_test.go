package deployment_test

import (
	"fmt"
	"maps"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// kubernetesFaults are what is wrong with manifests, each with what to do. Secrets are the keys that there can
// be. The image of a base is named by the overlays.
func kubernetesFaults(c cluster, secrets []string, base bool) []string {
	var faults []string
	for _, p := range c.pods {
		process, wrong := c.process(p)
		faults = append(faults, wrong...)
		faults = append(faults, settingFaults(process)...)
		faults = append(faults, podFaults(p, secrets, base)...)
		if p.kind == "Deployment" {
			faults = append(faults, c.deploymentFaults(p)...)
		}
	}
	faults = append(faults, c.serviceFaults()...)
	faults = append(faults, c.scalerFaults()...)
	slices.Sort(faults)
	return faults
}

// process is what a pod of ours gets, with what is wrong with where it is from.
func (c cluster) process(p pod) (process, []string) {
	var faults []string
	container := p.Spec.Containers[0]
	made := process{place: p.name, commands: container.Args, environment: map[string]string{}}
	for _, from := range container.EnvFrom {
		config, there := c.configs[from.ConfigMapRef.Name]
		if !there {
			faults = append(faults, fmt.Sprintf("%s: there is no ConfigMap %s: add it to the configMapGenerator", p.name, from.ConfigMapRef.Name))
		}
		maps.Copy(made.environment, config.Data)
	}
	for _, variable := range container.Env {
		made.environment[variable.Name] = variable.Value
		if variable.ValueFrom != nil {
			ref := variable.ValueFrom.ConfigMapKeyRef
			value, there := c.configs[ref.Name].Data[ref.Key]
			if !there {
				faults = append(faults, fmt.Sprintf("%s: the ConfigMap %s has no %s: add it", p.name, ref.Name, ref.Key))
			}
			made.environment[variable.Name] = value
		}
	}
	for item := range secretItems(p) {
		made.secrets = append(made.secrets, item)
	}
	return made, faults
}

// secretItems are the keys of Secrets by the files that they are in.
func secretItems(p pod) map[string]string {
	items := map[string]string{}
	for _, mount := range p.Spec.Containers[0].VolumeMounts {
		for _, volume := range p.Spec.Volumes {
			if volume.Name != mount.Name || volume.Projected == nil {
				continue
			}
			for _, source := range volume.Projected.Sources {
				for _, item := range source.Secret.Items {
					items[path.Join(mount.MountPath, item.Path)] = item.Key
				}
			}
		}
	}
	return items
}

// podFaults are what one pod lacks.
func podFaults(p pod, secrets []string, base bool) []string {
	var faults []string
	want := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, p.name+": "+fmt.Sprintf(format, args...))
		}
	}
	for _, key := range secretItems(p) {
		want(slices.Contains(secrets, key), "the Secret needs the key %s, which make secrets does not make: correct the name", key)
	}
	want(p.Spec.AutomountServiceAccountToken != nil && !*p.Spec.AutomountServiceAccountToken, "it gets a token of Kubernetes: set automountServiceAccountToken: false")
	want(p.Spec.EnableServiceLinks != nil && !*p.Spec.EnableServiceLinks, "names of Services become variables: set enableServiceLinks: false")
	want(!p.Spec.HostNetwork && !p.Spec.HostPID && !p.Spec.HostIPC, "it is not kept apart from its node: remove hostNetwork, hostPID and hostIPC")
	security := p.Spec.SecurityContext
	want(security != nil && security.RunAsNonRoot != nil && *security.RunAsNonRoot, "it may run as root: set runAsNonRoot: true")
	want(security != nil && security.SeccompProfile != nil && security.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault, "it may make any system call: set seccompProfile: {type: RuntimeDefault}")
	for _, c := range append(slices.Clone(p.Spec.InitContainers), p.Spec.Containers...) {
		s := c.SecurityContext
		want(s != nil && s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation, "it can get privileges: set allowPrivilegeEscalation: false")
		want(s != nil && s.ReadOnlyRootFilesystem != nil && *s.ReadOnlyRootFilesystem, "it can write to its image: set readOnlyRootFilesystem: true")
		want(s != nil && s.Capabilities != nil && slices.Contains(s.Capabilities.Drop, "ALL") && len(s.Capabilities.Add) == 0, "it keeps capabilities: set capabilities: {drop: [ALL]}")
		want(!c.Resources.Limits.Memory().IsZero(), "it can take all memory: set resources.limits.memory")
		want(!c.Resources.Requests.Memory().IsZero() && !c.Resources.Requests.Cpu().IsZero(), "nobody knows what it needs: set resources.requests of cpu and memory")
		want(base || exact.MatchString(c.Image), "the image %s is not of one version: set newTag to a whole version under images", c.Image)
		for _, mount := range c.VolumeMounts {
			want(mount.SubPath == "", "the mount of %s has a subPath, which never sees a change: mount the folder", mount.Name)
			want(slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name }), "it mounts %s, and has no such volume: add it", mount.Name)
		}
	}
	return faults
}

// deploymentFaults are what a process that runs on lacks, besides.
func (c cluster) deploymentFaults(p pod) []string {
	var faults []string
	want := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, p.name+": "+fmt.Sprintf(format, args...))
		}
	}
	container := p.Spec.Containers[0]
	for name, probe := range map[string]*corev1.Probe{"startupProbe": container.StartupProbe, "livenessProbe": container.LivenessProbe, "readinessProbe": container.ReadinessProbe} {
		asks := "/healthz"
		if name == "readinessProbe" {
			asks = "/readyz"
		}
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != asks {
			want(false, "its %s has to ask %s: a process without Temporal is alive, and not ready", name, asks)
			continue
		}
		want(hasPort(p, probe.HTTPGet.Port), "it has no port %s for its %s: name one of its ports", probe.HTTPGet.Port.String(), name)
	}
	want(labels.SelectorFromSet(p.selector).Matches(labels.Set(p.Labels)), "its selector does not select its own pods: give both the same labels")
	want(len(p.Spec.TopologySpreadConstraints) > 0, "all its pods may be on one node: set topologySpreadConstraints")
	want(p.Spec.TerminationGracePeriodSeconds != nil, "nothing says how long it may take to end: set terminationGracePeriodSeconds")
	budget := false
	for _, b := range c.budgets {
		budget = budget || labels.SelectorFromSet(b.Spec.Selector.MatchLabels).Matches(labels.Set(p.Labels))
	}
	want(budget, "no PodDisruptionBudget selects it: add one, or correct its selector")
	for _, direction := range []string{"Ingress", "Egress"} {
		policed := false
		for _, n := range c.networks {
			covers := slices.ContainsFunc(n.Spec.PolicyTypes, func(kind networkingv1.PolicyType) bool { return string(kind) == direction })
			policed = policed || covers && labels.SelectorFromSet(n.Spec.PodSelector.MatchLabels).Matches(labels.Set(p.Labels)) && len(n.Spec.PodSelector.MatchExpressions) == 0
		}
		want(policed, "no NetworkPolicy of the type %s selects it: add one, or correct its selector", direction)
	}
	return faults
}

func hasPort(p pod, port intstr.IntOrString) bool {
	return slices.ContainsFunc(p.Spec.Containers[0].Ports, func(has corev1.ContainerPort) bool {
		return has.Name == port.StrVal && port.Type == intstr.String || has.ContainerPort == port.IntVal && port.Type == intstr.Int
	})
}

// serviceFaults are Services that lead nowhere, and routes to no Service.
func (c cluster) serviceFaults() []string {
	var faults []string
	ports := map[string]bool{}
	for _, s := range c.services {
		for _, port := range s.Spec.Ports {
			ports[s.Name+" "+port.Name] = true
			leads := false
			for _, p := range c.pods {
				leads = leads || labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(p.Labels)) && hasPort(p, port.TargetPort)
			}
			if !leads {
				faults = append(faults, fmt.Sprintf("%s: no pod has its labels and the port %s: correct its selector or its targetPort", s.Name, port.TargetPort.String()))
			}
		}
	}
	for _, r := range c.routes {
		for _, rule := range r.Spec.Rules {
			for _, to := range rule.HTTP.Paths {
				if s := to.Backend.Service; !ports[s.Name+" "+s.Port.Name] {
					faults = append(faults, fmt.Sprintf("%s: it leads to the port %s of %s, which there is not: correct it", r.Name, s.Port.Name, s.Name))
				}
			}
		}
	}
	return faults
}

// scalerFaults are autoscalers of nothing, of what has a fixed number, or of another Temporal.
func (c cluster) scalerFaults() []string {
	var faults, scaled []string
	for _, s := range c.scalers {
		scaled = append(scaled, s.Spec.ScaleTargetRef.Name)
	}
	for _, s := range c.keda {
		scaled = append(scaled, s.Spec.ScaleTargetRef.Name)
		worker, _ := c.process(c.pods[s.Spec.ScaleTargetRef.Name])
		for _, trigger := range s.Spec.Triggers {
			for name, setting := range map[string]string{"endpoint": "TEMPORAL_ADDRESS", "namespace": "TEMPORAL_NAMESPACE"} {
				if asks, uses := trigger.Metadata[name], worker.environment[setting]; asks != uses {
					faults = append(faults, fmt.Sprintf("the scaler asks %s, and workers use %s: make them the same", asks, uses))
				}
			}
		}
	}
	for _, name := range scaled {
		switch p, there := c.pods[name]; {
		case !there:
			faults = append(faults, name+": an autoscaler names it, and it is not there: correct scaleTargetRef")
		case p.replicas != nil:
			faults = append(faults, name+": an autoscaler says how many there are: remove replicas")
		}
	}
	return faults
}
