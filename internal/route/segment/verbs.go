// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

// verbList holds words that public APIs use next to the members of a collection:
// what is done to the collection, and fixed views of it. They are rarely names
// that people give to things.
const verbList = `
	abort accept acknowledge activate active add all analyse analyze any approve archive archived assign
	attach authenticate authorize autocomplete batch bind block bulk calculate cancel check clean
	cleanup clear clone close commit complete completions compute config configuration confirm convert
	copy count counts create current deactivate decline default defaults delete deleted deny deploy
	detach details disable download duplicate echo edit enable enroll estimate evaluate execute export
	favorites featured find follow generate get global health history import inactive info insert
	inspect invite invoke join kill latest leave like link list lock login logout lookup me merge meta
	metadata mget mine modify move msearch multi mute my new none notify open options patch pause
	pending ping popular post predict preferences preview private promote prune public publish purge put
	query read recent recommendations recommended refresh register reject reload remove rename render
	renew reopen replace resend reset resolve restart restore resume retry revert revoke rollback rotate
	run saved scan schema schemas search self send set settings share shared signin signup simulate star
	starred start state statistics stats status stop submit subscribe suggest suggestions summaries
	summary suspend sync test train transform trash trending trigger types unarchive unassign unbind
	unblock undelete undeploy unfollow unlike unlink unlock unmute unpublish unread unregister unset
	unshare unstar unsubscribe upcoming update upload upsert validate verify wait watch write
`
