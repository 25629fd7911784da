// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

const examplesDir = "../../examples"

var fencedYAML = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// collectorConfigs finds the examples that are collector configs: YAML files
// with a service part. Others are for other programs.
func collectorConfigs(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(examplesDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		config := readYAML(t, path)
		if config["service"] != nil && config["receivers"] != nil {
			found = append(found, path)
		}
		return nil
	})
	require.NoError(t, err)
	return found
}

// tree is a part of a config.
type tree = map[string]any

// readYAML reads the first document of a YAML file.
func readYAML(t *testing.T, path string) tree {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var config tree
	require.NoError(t, yaml.Unmarshal(text, &config), path)
	return config
}

// moved returns the config, to be laid over the one at path, that makes it listen
// at the endpoints and answer on a health endpoint, with storage, if any, for a test.
func moved(t *testing.T, path string, endpoints collector.Endpoints) string {
	t.Helper()
	service, ok := readYAML(t, path)["service"].(tree)
	require.True(t, ok, "%s: service is no map", path)
	extensions, _ := service["extensions"].([]any) // none is fine
	if !slices.Contains(extensions, any("health_check")) {
		extensions = append(extensions, "health_check")
	}
	overlay, err := json.Marshal(tree{
		"receivers": tree{"otlp": tree{"protocols": tree{
			"grpc": tree{"endpoint": endpoints.GRPC},
			"http": tree{"endpoint": endpoints.HTTP},
		}}},
		"processors": tree{"correlation": tree{"storage": tree{"max_bytes": "64MiB"}}},
		"extensions": tree{"health_check": tree{"endpoint": endpoints.Health}},
		"service": tree{
			"extensions": extensions,
			"telemetry":  tree{"metrics": tree{"level": "none"}},
		},
	})
	require.NoError(t, err)
	return string(overlay)
}

// validate runs the collector's own check of a config and returns what it says.
func validate(t *testing.T, configs ...string) (string, error) {
	t.Helper()
	endpoints, err := collector.NewEndpoints("127.0.0.1:1")
	require.NoError(t, err)
	args := []string{"validate"}
	for _, config := range configs {
		args = append(args, "--config="+config)
	}
	command := exec.Command(binary(t), args...)
	command.Env = append(os.Environ(), endpoints.Env()...)
	output, err := command.CombinedOutput()
	return string(output), err
}

// Every published config is valid, with no environment but the machine's.
func TestExamplesAreValid(t *testing.T) {
	configs := collectorConfigs(t)
	require.NotEmpty(t, configs, "no collector config in %s", examplesDir)
	for _, config := range configs {
		t.Run(config, func(t *testing.T) {
			output, err := exec.Command(binary(t), "validate", "--config="+config).CombinedOutput()
			require.NoError(t, err, "%s", output)
		})
	}
}

// Every published config also starts, becomes healthy, tells of no deprecated
// name, and ends well; only its addresses are others.
func TestExamplesRun(t *testing.T) {
	for _, config := range collectorConfigs(t) {
		t.Run(config, func(t *testing.T) {
			endpoints, err := collector.NewEndpoints("127.0.0.1:1")
			require.NoError(t, err)
			env := []string{
				"LOG_FILES=" + filepath.Join(t.TempDir(), "*.log"),
				"STORAGE_DIR=" + t.TempDir(),
				"KAFKA_BROKER=127.0.0.1:1", // where nobody listens
			}
			configs := []string{config, "yaml:" + moved(t, config, endpoints)}
			started, err := collector.Start(t.Context(), collector.Options{
				Binary: binary(t), Configs: configs, Endpoints: endpoints, Env: env,
			})
			require.NoError(t, err)
			require.NoError(t, started.Stop(stopTimeout))
			require.NotContains(t, started.Output(), "deprecated")
		})
	}
}

// readmeBase holds what the README's configs leave out as known.
const readmeBase = "yaml:{processors: {memory_limiter: {check_interval: 1s, limit_mib: 512}}}"

// Every config in the README is valid over a collector that has the rest.
func TestExamplesOfTheReadmeAreValid(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	checked := 0
	for _, block := range fencedYAML.FindAllStringSubmatch(string(text), -1) {
		var config tree
		require.NoError(t, yaml.Unmarshal([]byte(block[1]), &config), block[1])
		if _, isConfig := config["processors"].(tree); !isConfig {
			continue // a manifest of the builder, whose processors are a list
		}
		overlay, err := json.Marshal(config)
		require.NoError(t, err)
		output, err := validate(t, "testdata/collector.yaml", readmeBase, "yaml:"+string(overlay))
		require.NoError(t, err, "%s\n%s", block[1], output)
		checked++
	}
	require.NotZero(t, checked, "the README has no config")
}
