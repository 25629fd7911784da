// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package servers

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const registryConfig = `version: 0.1
storage:
  filesystem: {rootdirectory: %s}
http:
  addr: %s
`

// Registry is the registry of container images. Its router is gorilla/mux; its spans have
// no http.route, and its access log no trace ids.
const Registry = "github.com/distribution/distribution/v3/cmd/registry@v3.1.1"

// RegistryArguments returns those for a registry at the address that writes to the folder.
func RegistryArguments(address, folder string) ([]string, error) {
	file := filepath.Join(folder, "registry.yml")
	err := os.WriteFile(file, fmt.Appendf(nil, registryConfig, filepath.Join(folder, "images"), address), 0o600)
	return []string{"serve", file}, err
}

// image is a pushed image.
type image struct {
	name, tag, manifest string
	blobs               []string
}

// images are of a registry that mirrors what a company runs of the public ones, and
// has its own.
var images = []string{
	"library/nginx", "library/redis", "shop/checkout", "grafana/loki", "library/postgres", "shop/cart", "prom/prometheus",
	"library/python", "platform/log-agent", "library/alpine", "grafana/grafana", "shop/frontend", "library/node", "library/golang",
	"data/ingest-worker", "library/memcached", "library/rabbitmq", "platform/gateway", "prom/alertmanager", "library/haproxy",
	"shop/payments", "library/debian", "otel/opentelemetry-collector", "library/busybox", "data/report-builder", "library/mongo",
	"library/traefik", "platform/auth", "library/httpd", "hashicorp/vault", "library/ubuntu", "shop/recommender", "library/mysql",
	"grafana/tempo", "library/kong", "library/registry",
}

// VisitRegistry pushes and pulls so many times, as people who build and deploy do: every
// now and then a push, and pulls of what is there, new ones more often.
func VisitRegistry(v *Visitor, times int) error {
	var pushed []image
	for n := range times {
		if n%2 == 0 {
			img := image{name: images[n/2%len(images)], tag: fmt.Sprintf("1.%d.%d", v.Random.IntN(4), n)}
			if n%6 == 0 {
				img.tag = fmt.Sprintf("main-%07x", v.Random.Uint32()>>4)
			}
			if err := v.push(&img); err != nil {
				return err
			}
			pushed = slices.Insert(pushed, 0, img)
		}
		if err := v.pull(pushed[min(v.Random.IntN(len(pushed)), v.Random.IntN(len(pushed)))]); err != nil {
			return err
		}
	}
	return nil
}

// push sends an image as the docker client does: what is not there yet, then the
// manifest.
func (v *Visitor) push(img *image) error {
	if _, err := v.Get("/v2/"); err != nil {
		return err
	}
	config := fmt.Sprintf(`{"architecture":"amd64","os":"linux","id":%d}`, v.Random.Uint64())
	layer := fmt.Sprintf("layer %d", v.Random.Uint64())
	for _, blob := range []string{config, layer} {
		img.blobs = append(img.blobs, digest(blob))
		if err := v.upload(img.name, blob); err != nil {
			return err
		}
	}
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,`+
		`"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":%d,"digest":%q},`+
		`"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","size":%d,"digest":%q}]}`,
		manifestType, len(config), digest(config), len(layer), digest(layer))
	img.manifest = digest(manifest)
	_, err := v.Send(http.MethodPut, "/v2/"+img.name+"/manifests/"+img.tag, manifest, "Content-Type: "+manifestType)
	return err
}

const manifestType = "application/vnd.oci.image.manifest.v1+json"

// upload sends a blob that the registry says it does not have.
func (v *Visitor) upload(name, blob string) error {
	if _, err := v.Send(http.MethodHead, "/v2/"+name+"/blobs/"+digest(blob), ""); err != nil {
		return err
	}
	begun, err := v.Send(http.MethodPost, "/v2/"+name+"/blobs/uploads/", "")
	if err != nil {
		return err
	}
	at, err := url.Parse(begun.Header.Get("Location"))
	if err != nil {
		return err
	}
	query := at.Query()
	query.Set("digest", digest(blob))
	done, err := v.Send(http.MethodPut, at.Path+"?"+query.Encode(), blob, "Content-Type: application/octet-stream")
	if err == nil && done.Status != http.StatusCreated {
		err = fmt.Errorf("upload to %s: status %d: %s", at.Path, done.Status, done.Body)
	}
	return err
}

// pull fetches an image, and now and then looks around.
func (v *Visitor) pull(img image) error {
	repository := "/v2/" + img.name
	requests := []string{"HEAD " + repository + "/manifests/" + img.tag, "GET " + repository + "/manifests/" + img.manifest}
	for _, blob := range img.blobs {
		requests = append(requests, "GET "+repository+"/blobs/"+blob)
	}
	switch v.Random.IntN(6) {
	case 0:
		requests = append(requests, "GET "+repository+"/tags/list")
	case 1:
		requests = append(requests, "GET /v2/_catalog")
	}
	for _, request := range requests {
		method, path, _ := strings.Cut(request, " ")
		if _, err := v.Send(method, path, "", "Accept: "+manifestType); err != nil {
			return err
		}
	}
	return nil
}

func digest(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }
