// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/testkit/servers"
)

// blog is a weblog with permalinks, made and served by Hugo, which sends no telemetry:
// all that is told of its requests is told by Caddy.
func blog() server {
	site := newSite()
	return server{
		name:    "blog",
		program: "github.com/gohugoio/hugo@v0.152.2",
		arguments: func(address, folder string) (args, env []string, err error) {
			host, port, err := net.SplitHostPort(address)
			return []string{
				"server", "--source", folder, "--bind", host, "--port", port, "--baseURL", "http://" + address + "/",
				"--appendPort=false", "--watch=false", "--buildFuture",
			}, []string{"HUGO_CACHEDIR=" + folder}, errors.Join(err, site.write(folder))
		},
		visit: site.visit,
	}
}

// site is what the blog consists of.
type site struct {
	posts []post
	tags  []string
}

type post struct {
	date, slug string
	tags       []string
}

// path is its permalink.
func (p post) path() string {
	return "/" + strings.ReplaceAll(p.date[:7], "-", "/") + "/" + p.slug + "/"
}

func newSite() site {
	random := rand.New(rand.NewPCG(3, 4))
	s := site{tags: []string{"travel", "cooking", "linux", "photography", "books", "go", "electronics", "music", "garden", "history", "til", "diy"}}
	for i, slug := range strings.Fields(titles) {
		p := post{date: fmt.Sprintf("%d-%02d-%02d", 2015+i/9, 1+i*4/3%12, 1+random.IntN(28)), slug: slug}
		for range 1 + random.IntN(2) {
			p.tags = append(p.tags, s.tags[random.IntN(len(s.tags))])
		}
		s.posts = append([]post{p}, s.posts...)
	}
	return s
}

// titles are those of the posts, in the order they were written.
const titles = `
hello-world why-i-moved-to-hugo bread-without-a-machine the-bicycle-i-built-from-scrap reading-list-2015
how-to-repair-a-leaking-tap night-train-to-vienna postgres-full-text-search my-first-darkroom-print year-in-review-2015
a-week-without-a-phone soldering-for-beginners fixing-the-garden-gate what-i-learned-from-chess backups-with-restic
the-library-of-my-childhood a-simple-weather-station sourdough-notes reading-list-2016 walking-the-rhine
how-i-take-notes moving-house tomatoes-on-the-balcony go-interfaces-explained on-boredom
raspberry-pi-as-a-router three-days-in-lisbon the-best-pencil keyboards concert-diary
makefiles-are-fine my-grandfathers-clock hosting-email-at-home rust-after-a-year a-better-compost-heap
winter-photography how-to-read-a-paper-map listening-to-bach the-case-for-plain-text year-in-review-2018
debugging-a-slow-query jam quitting-social-media small-cameras why-libraries-matter
learning-to-sail the-server-in-my-cupboard goodbye-apache lentil-soup static-site-search
the-long-way-to-trieste kernel-panic-on-resume birds-at-the-feeder writing-with-a-fountain-pen an-afternoon-with-sqlite
spring-cleaning homelab-2020 bicycle-lights how-to-sharpen-a-knife my-setup
remote-work-two-years-in sound-of-the-sea tls-certificates-for-the-lab old-radios what-is-a-good-commit-message
garden-diary-june the-trouble-with-todo-lists mushrooms replacing-a-laptop-battery letters
why-i-still-buy-cds trains-across-spain nftables-from-scratch the-perfect-omelette reading-list-2022
shell-tricks museum-of-small-things repairing-a-typewriter how-we-named-the-cat wireguard-in-ten-minutes
hiking-with-kids cold-brew postgres-upgrade-notes a-map-of-my-neighbourhood year-in-review-2023
unix-pipes film-is-not-dead ten-years-of-blogging pickles offline-first`

const siteConfig = `title = "A blog"
[permalinks]
posts = "/:year/:month/:slug/"
[taxonomies]
tag = "tags"
[pagination]
pagerSize = 8
`

// write writes the blog as Hugo reads it.
func (s site) write(folder string) error {
	files := map[string]string{
		"hugo.toml":                    siteConfig,
		"content/about.md":             "---\ntitle: About\n---\nAbout me.\n",
		"layouts/_default/single.html": "{{ .Content }}",
		"layouts/_default/list.html":   "{{ range .Paginator.Pages }}<a href=\"{{ .RelPermalink }}\">{{ .Title }}</a>{{ end }}",
		"layouts/_default/terms.html":  "{{ range .Pages }}<a href=\"{{ .RelPermalink }}\">{{ .Title }}</a>{{ end }}",
		"static/css/style.css":         "body { max-width: 40em }\n",
		"static/js/theme.js":           "\n",
		"static/robots.txt":            "User-agent: *\n",
		"static/favicon.ico":           "icon",
	}
	for i, p := range s.posts {
		files[fmt.Sprintf("content/posts/%d.md", i)] = fmt.Sprintf("---\ntitle: %q\nslug: %s\ndate: %s\ntags: [%s]\n---\nText.\n",
			strings.ReplaceAll(p.slug, "-", " "), p.slug, p.date, strings.Join(p.tags, ", "))
		files["static/images/"+p.slug+".jpg"] = "image"
	}
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			return err
		}
	}
	return nil
}

// visit reads the blog: people come from search engines and feeds to a post, look
// around, and turn pages.
func (s site) visit(v *servers.Visitor) error {
	for range 150 {
		p := s.posts[min(v.Random.IntN(len(s.posts)), v.Random.IntN(len(s.posts)))]
		paths := []string{p.path(), "/css/style.css", "/images/" + p.slug + ".jpg"}
		switch v.Random.IntN(6) {
		case 0:
			paths = append(paths, "/", fmt.Sprintf("/page/%d/", 2+v.Random.IntN(15)), "/favicon.ico")
		case 1:
			paths = append(paths, "/tags/", "/tags/"+v.One(s.tags)+"/")
		case 2:
			paths = []string{"/index.xml", p.path()}
		case 3:
			paths = []string{"/tags/" + v.One(s.tags) + "/index.xml"}
		case 4:
			paths = append(paths, "/posts/", fmt.Sprintf("/posts/page/%d/", 2+v.Random.IntN(15)), "/js/theme.js", "/about/")
		default:
			paths = append(paths, "/robots.txt", "/sitemap.xml")
		}
		for _, path := range paths {
			if _, err := v.Get(path); err != nil {
				return err
			}
		}
	}
	return nil
}
