package deployment_test

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// secretsFolder is where containers find their secrets.
const secretsFolder = "/run/secrets/"

// exact is an image with a whole version: PostgreSQL's have two numbers.
var exact = regexp.MustCompile(`:v?(\d+\.\d+\.\d+|(?:16|17|18)\.\d+)(-[a-z0-9.]+)?$`)

// public is the only service that other machines reach.
const public = "caddy"

// composeFaults are what is wrong with a project, each with what to do.
func composeFaults(project *types.Project) []string {
	faults := objectFaults(project)
	for name, service := range project.Services {
		faults = append(faults, containmentFaults(name, service)...)
		for _, port := range service.Ports {
			if address, err := netip.ParseAddr(port.HostIP); name != public && (err != nil || !address.IsLoopback()) {
				faults = append(faults, fmt.Sprintf("%s: port %s is open to other machines: publish it as 127.0.0.1:%s:%d, and let Caddy lead to it", name, port.Published, port.Published, port.Target))
			}
		}
		for other, dependency := range service.DependsOn {
			if !slices.Contains([]string{types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully}, dependency.Condition) {
				faults = append(faults, fmt.Sprintf("%s: it does not wait until %s works: write {condition: service_healthy}", name, other))
			}
		}
		if ours(service) {
			faults = append(faults, settingFaults(processOf(name, service))...)
		}
	}
	slices.Sort(faults)
	return faults
}

func ours(service types.ServiceConfig) bool { return service.Image == "waybill" }

// processOf is a container of ours.
func processOf(name string, service types.ServiceConfig) process {
	p := process{place: name, commands: []string{service.Command[0]}, environment: map[string]string{}}
	if service.Command[0] == "doctor" {
		p.commands = []string{"setup", "ingress", "worker"}
	}
	for variable, value := range service.Environment {
		p.environment[variable] = ""
		if value != nil {
			p.environment[variable] = *value
		}
	}
	for _, secret := range service.Secrets {
		p.secrets = append(p.secrets, secretsFolder+secret.Source)
	}
	return p
}

// containmentFaults are what one container lacks.
func containmentFaults(name string, s types.ServiceConfig) []string {
	var faults []string
	reasons, _ := s.Extensions["x-reasons"].(map[string]any)
	want := func(ok bool, reason, format string, args ...any) {
		if why, _ := reasons[reason].(string); !ok && why == "" {
			faults = append(faults, name+": "+fmt.Sprintf(format, args...))
		}
	}
	want(s.Build != nil || exact.MatchString(s.Image), "image", "the image %s is not of one version: write a whole version, such as caddy:2.11.9", s.Image)
	want(slices.Contains(s.CapDrop, "ALL"), "cap_drop", "it keeps capabilities: write cap_drop: [ALL]")
	want(len(s.CapAdd) == 0, "cap_add", "it gets the capabilities %v: say why under x-reasons: {cap_add: ...}", s.CapAdd)
	want(slices.Contains(s.SecurityOpt, "no-new-privileges:true"), "security_opt", `it can get privileges: write security_opt: ["no-new-privileges:true"]`)
	want(s.ReadOnly, "read_only", "it can write to its image: write read_only: true, and give it a tmpfs or a volume for what it has to write")
	want(!s.Privileged && s.NetworkMode != "host" && s.Pid == "", "privileged", "it is not kept apart from this machine: remove privileged, network_mode: host and pid")
	want(s.MemLimit > 0, "mem_limit", "it can take all memory: write a mem_limit")
	want(s.PidsLimit > 0, "pids_limit", "it can start any number of processes: write a pids_limit")
	want(s.Logging != nil && s.Logging.Options["max-size"] != "" && s.Logging.Options["max-file"] != "", "logging", "its log can fill the disk: write max-size and max-file under logging")
	want(s.HealthCheck != nil && !s.HealthCheck.Disable && len(s.HealthCheck.Test) > 0, "healthcheck", "it has no healthcheck: write one, or say why not under x-reasons: {healthcheck: ...}")
	want(s.Restart != "", "restart", `it does not say when it is started again: write restart: unless-stopped, or restart: "no"`)
	want(s.ContainerName == "", "container_name", "a container with a name of its own cannot be scaled: remove container_name")
	return faults
}

// objectFaults are what is wrong with secrets, configs, volumes and networks.
func objectFaults(project *types.Project) []string {
	var faults []string
	used := map[string]bool{}
	for _, s := range project.Services {
		for _, secret := range s.Secrets {
			used["secret "+secret.Source] = true
		}
		for _, config := range s.Configs {
			used["config "+config.Source] = true
		}
		for _, volume := range s.Volumes {
			used["volume "+volume.Source] = true
		}
		for network := range s.Networks {
			used["network "+network] = true
		}
	}
	unused := func(kind, name string) {
		if !used[kind+" "+name] {
			faults = append(faults, fmt.Sprintf("%s: no service uses the %s: remove it, or name it in the service that needs it", name, kind))
		}
	}
	for name, secret := range project.Secrets {
		unused("secret", name)
		if !strings.HasSuffix(secret.File, "/secrets/"+name) {
			faults = append(faults, fmt.Sprintf("%s: the secret comes from %q and not from its file: write {file: ./secrets/%s}", name, secret.File+secret.Environment, name))
		}
	}
	for name, config := range project.Configs {
		unused("config", name)
		if config.File == "" {
			faults = append(faults, name+": compose copies its content into the container, whose root file system is read only: put it into a file in deploy/")
		} else if _, err := os.Stat(config.File); err != nil && !strings.Contains(config.File, "/secrets/") {
			faults = append(faults, fmt.Sprintf("%s: there is no file %s for the config: correct the path", name, config.File))
		}
	}
	for name := range project.Volumes {
		unused("volume", name)
	}
	for name := range project.Networks {
		unused("network", name)
	}
	return faults
}
