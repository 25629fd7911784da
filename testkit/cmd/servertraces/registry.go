// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

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

// registry is the registry of container images. Its router is gorilla/mux; its spans
// have no http.route, and its access log no trace ids.
func registry() server {
	return server{
		name:    "registry",
		program: "github.com/distribution/distribution/v3/cmd/registry@v3.1.1",
		arguments: func(address, folder string) (args, env []string, err error) {
			file := filepath.Join(folder, "config.yml")
			err = os.WriteFile(file, fmt.Appendf(nil, registryConfig, filepath.Join(folder, "images"), address), 0o600)
			return []string{"serve", file}, nil, err
		},
		isAccess: func(line string) bool { return strings.Contains(line, `HTTP/1.1" `) },
		visit:    visitRegistry,
	}
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

// visitRegistry pushes and pulls, as people who build and deploy do: every now and
// then a push, and pulls of what is there, new ones more often.
func visitRegistry(v *visitor) error {
	var pushed []image
	for n := range 2 * len(images) {
		if n%2 == 0 {
			img := image{name: images[n/2%len(images)], tag: fmt.Sprintf("1.%d.%d", v.random.IntN(4), n)}
			if n%6 == 0 {
				img.tag = fmt.Sprintf("main-%07x", v.random.Uint32()>>4)
			}
			if err := v.push(&img); err != nil {
				return err
			}
			pushed = slices.Insert(pushed, 0, img)
		}
		if err := v.pull(pushed[min(v.random.IntN(len(pushed)), v.random.IntN(len(pushed)))]); err != nil {
			return err
		}
	}
	return nil
}

// push sends an image as the docker client does: what is not there yet, then the
// manifest.
func (v *visitor) push(img *image) error {
	if _, err := v.get("/v2/"); err != nil {
		return err
	}
	config := fmt.Sprintf(`{"architecture":"amd64","os":"linux","id":%d}`, v.random.Uint64())
	layer := fmt.Sprintf("layer %d", v.random.Uint64())
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
	_, err := v.send(http.MethodPut, "/v2/"+img.name+"/manifests/"+img.tag, manifest, "Content-Type: "+manifestType)
	return err
}

const manifestType = "application/vnd.oci.image.manifest.v1+json"

// upload sends a blob that the registry says it does not have.
func (v *visitor) upload(name, blob string) error {
	if _, err := v.send(http.MethodHead, "/v2/"+name+"/blobs/"+digest(blob), ""); err != nil {
		return err
	}
	begun, err := v.send(http.MethodPost, "/v2/"+name+"/blobs/uploads/", "")
	if err != nil {
		return err
	}
	at, err := url.Parse(begun.header.Get("Location"))
	if err != nil {
		return err
	}
	query := at.Query()
	query.Set("digest", digest(blob))
	done, err := v.send(http.MethodPut, at.Path+"?"+query.Encode(), blob, "Content-Type: application/octet-stream")
	if err == nil && done.status != http.StatusCreated {
		err = fmt.Errorf("upload to %s: status %d: %s", at.Path, done.status, done.body)
	}
	return err
}

// pull fetches an image, and now and then looks around.
func (v *visitor) pull(img image) error {
	repository := "/v2/" + img.name
	requests := []string{"HEAD " + repository + "/manifests/" + img.tag, "GET " + repository + "/manifests/" + img.manifest}
	for _, blob := range img.blobs {
		requests = append(requests, "GET "+repository+"/blobs/"+blob)
	}
	switch v.random.IntN(6) {
	case 0:
		requests = append(requests, "GET "+repository+"/tags/list")
	case 1:
		requests = append(requests, "GET /v2/_catalog")
	}
	for _, request := range requests {
		method, path, _ := strings.Cut(request, " ")
		if _, err := v.send(method, path, "", "Accept: "+manifestType); err != nil {
			return err
		}
	}
	return nil
}

func digest(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }
