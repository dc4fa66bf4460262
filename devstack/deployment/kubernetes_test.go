package deployment_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"waybill/contract"
)

// manifests is deploy/kubernetes.
const manifests = root + "/deploy/kubernetes"

// build is what "kubectl apply -k" would send.
func build(t *testing.T, folder string) string {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(manifests, folder))
	require.NoError(t, err)
	text, err := built.AsYaml()
	require.NoError(t, err)
	return string(text)
}

// cluster is what Kubernetes would have.
type cluster struct {
	pods     map[string]pod
	configs  map[string]corev1.ConfigMap
	services []corev1.Service
	budgets  []policyv1.PodDisruptionBudget
	networks []networkingv1.NetworkPolicy
	routes   []networkingv1.Ingress
	scalers  []autoscalingv2.HorizontalPodAutoscaler
	keda     []scaledObject
}

// pod is what a Deployment or a Job starts.
type pod struct {
	name     string
	kind     string
	replicas *int32
	selector map[string]string
	corev1.PodTemplateSpec
}

// scaledObject is what the checks read of KEDA's. Its schema is that of KEDA.
type scaledObject struct {
	Spec struct {
		ScaleTargetRef struct {
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
		Triggers []struct {
			Type     string            `json:"type"`
			Metadata map[string]string `json:"metadata"`
		} `json:"triggers"`
	} `json:"spec"`
}

// readCluster reads manifests. A field that Kubernetes does not know is an error.
func readCluster(text string) (cluster, error) {
	c := cluster{pods: map[string]pod{}, configs: map[string]corev1.ConfigMap{}}
	for document := range strings.SplitSeq(text, "\n---\n") {
		var about struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal([]byte(document), &about); err != nil {
			return c, err
		}
		if err := c.add(about.Kind, []byte(document)); err != nil {
			return c, err
		}
	}
	return c, nil
}

func strictly[T any](document []byte, add func(T)) error {
	var object T
	if err := yaml.UnmarshalStrict(document, &object); err != nil {
		return err
	}
	add(object)
	return nil
}

func (c *cluster) add(kind string, document []byte) error {
	switch kind {
	case "Deployment":
		return strictly(document, func(d appsv1.Deployment) {
			c.pods[d.Name] = pod{d.Name, kind, d.Spec.Replicas, d.Spec.Selector.MatchLabels, d.Spec.Template}
		})
	case "Job":
		return strictly(document, func(j batchv1.Job) { c.pods[j.Name] = pod{j.Name, kind, nil, nil, j.Spec.Template} })
	case "ConfigMap":
		return strictly(document, func(m corev1.ConfigMap) { c.configs[m.Name] = m })
	case "Service":
		return strictly(document, func(s corev1.Service) { c.services = append(c.services, s) })
	case "PodDisruptionBudget":
		return strictly(document, func(b policyv1.PodDisruptionBudget) { c.budgets = append(c.budgets, b) })
	case "NetworkPolicy":
		return strictly(document, func(n networkingv1.NetworkPolicy) { c.networks = append(c.networks, n) })
	case "Ingress":
		return strictly(document, func(r networkingv1.Ingress) { c.routes = append(c.routes, r) })
	case "HorizontalPodAutoscaler":
		return strictly(document, func(s autoscalingv2.HorizontalPodAutoscaler) { c.scalers = append(c.scalers, s) })
	case "ScaledObject":
		var object scaledObject
		if err := yaml.Unmarshal(document, &object); err != nil {
			return err
		}
		c.keda = append(c.keda, object)
		return nil
	case "ServiceAccount":
		return strictly(document, func(corev1.ServiceAccount) {})
	case "Namespace":
		return strictly(document, func(corev1.Namespace) {})
	default:
		return &unknownKind{kind}
	}
}

type unknownKind struct{ kind string }

func (e *unknownKind) Error() string {
	return "nothing checks the kind " + e.kind + ": add it to cluster"
}

// folders can be applied as they are.
var folders = []string{"base", "example"}

func TestKubernetesIsSafeAndHasEverySetting(t *testing.T) {
	for _, folder := range folders {
		t.Run(folder, func(t *testing.T) {
			c, err := readCluster(build(t, folder))
			require.NoError(t, err)
			require.Len(t, c.pods, 3)
			require.Empty(t, kubernetesFaults(c, secretNames(t), folder == "base"))
		})
	}
}

// secretNames are the files that make secrets makes, with those of the second integration.
func secretNames(t *testing.T) []string {
	var names []string
	for name := range load(t, trial(t), composeFile(t), read(t, filepath.Join(root, "deploy/second-integration.yml"))).Secrets {
		names = append(names, name)
	}
	return names
}

func TestTheSecondIntegrationOfKubernetesReachesEachProcess(t *testing.T) {
	c, err := readCluster(build(t, "example"))
	require.NoError(t, err)
	for name, setting := range map[string]string{"waybill-ingress": "SENDCLOUD_KEYS_MY_SHOP_FILE", "waybill-setup": "SENDCLOUD_KEYS_MY_SHOP_FILE", "waybill-worker": "WAYBILL_PAY_KEYS_MY_SHOP_FILE"} {
		p, faults := c.process(c.pods[name])
		require.Empty(t, faults)
		require.Contains(t, p.environment, setting)
	}
}

// The keys of the Secret are the files that make secrets makes, filled in.
func TestEachPodAcceptsItsSettings(t *testing.T) {
	folder := folderWith(t, map[string]string{"docker-compose.yml": composeFile(t), "docker-compose.override.yml": read(t, filepath.Join(root, "deploy/second-integration.yml"))})
	makeSecrets(t, folder)
	for name, content := range map[string]string{"sendcloud_webhook_shop": "a-key-of-the-webhooks", "sendcloud_webhook_my_shop": "another-key-of-the-webhooks", "sendcloud_api_shop": "public:secret", "pay_shop": "the secret of the endpoint"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "secrets", name), []byte(content), 0o600))
	}
	c, err := readCluster(build(t, "example"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "policy.yaml"), []byte(c.configs["waybill-policy"].Data["policy.yaml"]), 0o600))
	for _, p := range c.pods {
		made, faults := c.process(p)
		require.Empty(t, faults)
		var environ []string
		for name, value := range made.environment {
			value = strings.ReplaceAll(value, secretsFolder, filepath.Join(folder, "secrets")+"/")
			environ = append(environ, name+"="+strings.ReplaceAll(value, "/etc/waybill", folder))
		}
		requireAccepted(t, made.commands[0], environ)
	}
}

// KEDA's own schema, and the names that its scaler for Temporal reads, come from its Go module.
func TestKEDAUnderstandsTheScaler(t *testing.T) {
	const module = "github.com/kedacore/keda/v2@v2.21.0"
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module).Output()
	require.NoError(t, err, "the Go proxy has %s", module)
	var about struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &about))
	schema := crdSchema(t, read(t, filepath.Join(about.Dir, "config/crd/bases/keda.sh_scaledobjects.yaml")))
	text := read(t, manifests+"/keda/scaledobject.yaml")
	valid := func(text string) error {
		var object any
		require.NoError(t, yaml.Unmarshal([]byte(text), &object))
		return schema.Validate(object)
	}
	require.NoError(t, valid(text))
	require.ErrorContains(t, valid(strings.Replace(text, "maxReplicaCount: 10", "maxReplicas: 10", 1)), "maxReplicas")
	require.ErrorContains(t, valid(strings.Replace(text, "pollingInterval: 15", "pollingInterval: soon", 1)), "pollingInterval")

	scaler := read(t, filepath.Join(about.Dir, "pkg/scalers/temporal_scaler.go"))
	var object scaledObject
	require.NoError(t, yaml.Unmarshal([]byte(text), &object))
	var queues []string
	for _, trigger := range object.Spec.Triggers {
		require.Equal(t, "temporal", trigger.Type)
		queues = append(queues, trigger.Metadata["taskQueue"])
		for name := range trigger.Metadata {
			require.Contains(t, scaler, `keda:"name=`+name+`,`)
		}
	}
	require.Equal(t, []string{contract.ParcelsQueue, contract.RefundsQueue}, queues)
}

// crdSchema is the schema of a custom resource. As in Kubernetes, a field that it does not know is a fault.
func crdSchema(t *testing.T, text string) *jsonschema.Schema {
	t.Helper()
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &crd))
	schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	closeObjects(schema)
	// The API server knows what every object has.
	schema["properties"].(map[string]any)["metadata"] = map[string]any{"type": "object"}
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("scaledobject.json", schema))
	compiled, err := compiler.Compile("scaledobject.json")
	require.NoError(t, err)
	return compiled
}

func closeObjects(schema map[string]any) {
	properties, has := schema["properties"].(map[string]any)
	_, more := schema["additionalProperties"]
	if open, _ := schema["x-kubernetes-preserve-unknown-fields"].(bool); has && !more && !open {
		schema["additionalProperties"] = false
	}
	children := []any{schema["items"], schema["additionalProperties"]}
	for _, property := range properties {
		children = append(children, property)
	}
	for _, child := range children {
		if object, ok := child.(map[string]any); ok {
			closeObjects(object)
		}
	}
}

func TestFaultsInManifestsThatAreMadeOnPurposeAreFound(t *testing.T) {
	text, secrets := build(t, "example"), secretNames(t)
	for name, c := range map[string]struct{ line, instead, want string }{
		"a setting that there is not":         {"  WAYBILL_LISTEN: ", "  WAYBILL_COLOUR: red\n  WAYBILL_LISTEN: ", "waybill-ingress: WAYBILL_COLOUR is not a setting of waybill: look up its name"},
		"a setting that is missing":           {"  WAYBILL_DIGEST_KEYS_FILE: /run/secrets/digest\n", "", "waybill-worker: WAYBILL_DIGEST_KEYS is missing: set it"},
		"a secret that is not mounted":        {"              - key: digest\n                path: digest\n", "", `waybill-worker: WAYBILL_DIGEST_KEYS_FILE is "/run/secrets/digest", and there is no such secret here`},
		"a secret of another process":         {"              - key: digest\n", "              - key: grafana\n                path: grafana\n              - key: digest\n", "waybill-worker: no setting names the secret /run/secrets/grafana: remove it"},
		"a key that make secrets lacks":       {"key: digest\n", "key: digests\n", "waybill-worker: the Secret needs the key digests, which make secrets does not make"},
		"an image of any version":             {"registry.shop.example/waybill:1.0.0", "registry.shop.example/waybill:latest", "is not of one version"},
		"a restart that Temporal causes":      {"path: /healthz\n            port: metrics\n          periodSeconds: 10", "path: /readyz\n            port: metrics\n          periodSeconds: 10", "its livenessProbe has to ask /healthz"},
		"a probe of a port that there is not": {"path: /readyz\n            port: metrics", "path: /readyz\n            port: health", "it has no port health"},
		"a root file system to write":         {"readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "it can write to its image: set readOnlyRootFilesystem: true"},
		"a container that may be root":        {"runAsNonRoot: true", "runAsNonRoot: false", "it may run as root: set runAsNonRoot: true"},
		"no memory limit":                     {"          limits:\n            memory: 512Mi\n", "", "it can take all memory: set resources.limits.memory"},
		"a token of the cluster":              {"automountServiceAccountToken: false\n      containers", "automountServiceAccountToken: true\n      containers", "it gets a token of Kubernetes: set automountServiceAccountToken: false"},
		"two who say how many":                {"  selector:\n    matchLabels:\n      app.kubernetes.io/name: waybill-ingress\n  strategy", "  replicas: 2\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: waybill-ingress\n  strategy", "waybill-ingress: an autoscaler says how many there are: remove replicas"},
		"a scaler of another Temporal":        {"endpoint: temporal-frontend", "endpoint: other-frontend", "the scaler asks other-frontend.temporal.svc.cluster.local:7233, and workers use temporal-frontend"},
		"a Service of no pod":                 {"  selector:\n    app.kubernetes.io/name: waybill-ingress\n", "  selector:\n    app.kubernetes.io/name: ingress\n", "waybill-ingress: no pod has its labels and the port"},
		"a budget of no pod":                  {"  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: waybill-worker", "  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: worker", "waybill-worker: no PodDisruptionBudget selects it"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, text, c.line)
			spoilt, err := readCluster(strings.Replace(text, c.line, c.instead, 1))
			require.NoError(t, err)
			require.Contains(t, strings.Join(kubernetesFaults(spoilt, secrets, false), "\n"), c.want)
		})
	}
}

func TestKubernetesRefusesAFieldThatItDoesNotKnow(t *testing.T) {
	text := build(t, "base")
	for line, instead := range map[string]string{"readinessProbe:": "readynessProbe:", "maxUnavailable: 1": "maxUnavailible: 1", "podSelector:": "podSelectors:", "minReplicas: 2": "minReplica: 2"} {
		require.Contains(t, text, line)
		_, err := readCluster(strings.Replace(text, line, instead, 1))
		require.ErrorContains(t, err, "unknown field")
	}
}
