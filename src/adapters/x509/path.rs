//! Paths from a leaf through its issuers: all of them are tried, with a bound on the work, and the best one is kept.

use super::{certificate::Certificate, signature::Signature};
use crate::base::time::UnixTime;
use alloc::{collections::BTreeMap, vec, vec::Vec};
use core::cmp::Reverse;

/// The most signatures that are checked for one chain. Beyond them, an issuer counts as possible by its name.
const SIGNATURES: usize = 128;
/// The most certificates that a search for the best path visits.
const VISITS: usize = 4096;

/// Which certificate of a list may have issued which other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Graph {
    /// Those that lead on from the leaf, each after one that it may have issued; the leaf is the first.
    reached: Vec<usize>,
    /// The issuers of each, by their places in the list.
    issuers: BTreeMap<usize, Vec<usize>>,
    /// The signatures that were checked, of the first by the key of the second, and whether they are bad.
    signatures: BTreeMap<(usize, usize), bool>,
}

impl Graph {
    /// Looks for issuers from this leaf on.
    pub(super) fn from_leaf(list: &[Certificate], leaf: usize) -> Self {
        let mut graph = Self { reached: vec![leaf], issuers: BTreeMap::new(), signatures: BTreeMap::new() };
        let mut at = 0;
        while let Some(&below) = graph.reached.get(at) {
            let issuers = graph.find(list, below);
            let new: Vec<usize> = issuers.iter().copied().filter(|above| !graph.reached.contains(above)).collect();
            graph.reached.extend(new);
            graph.issuers.insert(below, issuers);
            at += 1;
        }
        // Where there is a choice, the other links of each way count for it.
        if !graph.signatures.is_empty() {
            let links = graph.issuers.iter().flat_map(|(below, above)| above.iter().map(|above| (*below, *above)));
            for (below, above) in links.collect::<Vec<_>>() {
                graph.check(list, below, above);
            }
        }
        graph
    }

    /// Checks one signature, unless that was done or there have been too many.
    fn check(&mut self, list: &[Certificate], below: usize, above: usize) {
        if let (Some(certificate), Some(issuer)) = (list.get(below), list.get(above))
            && self.signatures.len() < SIGNATURES
            && !self.signatures.contains_key(&(below, above))
        {
            self.signatures.insert((below, above), certificate.signed_by(issuer) == Signature::Bad);
        }
    }

    fn is_bad(&self, below: usize, above: usize) -> bool {
        self.signatures.get(&(below, above)) == Some(&true)
    }

    /// Every possible issuer; of several, those whose key did not sign are left out when another may have.
    fn find(&mut self, list: &[Certificate], below: usize) -> Vec<usize> {
        let Some(certificate) = list.get(below).filter(|certificate| !certificate.is_self_signed()) else {
            return Vec::new();
        };
        let possible = |(at, above): &(usize, &Certificate)| *at != below && above.may_have_issued(certificate);
        let possible: Vec<usize> = list.iter().enumerate().filter(possible).map(|(at, _)| at).collect();
        if possible.len() < 2 {
            return possible;
        }
        for above in &possible {
            self.check(list, below, *above);
        }
        let is_bad = |above: &usize| self.is_bad(below, *above);
        if possible.iter().all(is_bad) { possible } else { possible.into_iter().filter(|it| !is_bad(it)).collect() }
    }

    /// The certificates that lead on from the leaf.
    pub(super) fn reached(&self) -> &[usize] {
        &self.reached
    }

    /// Whether in this order the leaf is first, and each of the others comes after one that it may have issued.
    pub(super) fn is_in_order(&self, order: &[usize]) -> bool {
        order.iter().enumerate().all(|(place, at)| {
            let before = order.get(..place).unwrap_or_default();
            let has_issued = |below: &usize| self.issuers.get(below).is_some_and(|issuers| issuers.contains(at));
            if place == 0 { self.reached.first() == Some(at) } else { before.iter().any(has_issued) }
        })
    }

    /// The best path from the leaf: to `goal` when there is one, with the fewest faults at the time `now`, and of those
    /// the one that is valid longest. Of equal ones the first in the list.
    pub(super) fn best(&self, list: &[Certificate], goal: Option<&Certificate>, now: Option<UnixTime>) -> Vec<usize> {
        let mut search = Search { graph: self, list, goal, now, visits: 0, path: Vec::new(), best: None };
        if let Some(&leaf) = self.reached.first() {
            search.visit(leaf);
        }
        search.best.map(|(_, path)| path).unwrap_or_default()
    }
}

/// The smaller, the better: does not lead to the goal, faults, and when the first of them expires.
type Score = (bool, usize, Reverse<UnixTime>);

struct Search<'a> {
    graph: &'a Graph,
    list: &'a [Certificate],
    goal: Option<&'a Certificate>,
    now: Option<UnixTime>,
    visits: usize,
    path: Vec<usize>,
    best: Option<(Score, Vec<usize>)>,
}

impl Search<'_> {
    fn visit(&mut self, at: usize) {
        let Some(certificate) = self.list.get(at) else { return };
        // The same key for the same name leads back to where the path was.
        let is_loop = |below: &usize| self.list.get(*below).is_some_and(|below| below.has_key_and_name_of(certificate));
        if self.visits == VISITS || self.path.iter().any(is_loop) {
            return;
        }
        self.visits += 1;
        // The goal may be in the list; the path ends below it.
        if self.goal.is_some_and(|goal| goal == certificate) && !self.path.is_empty() {
            return self.keep(true);
        }
        self.path.push(at);
        let reaches = self.goal.is_some_and(|goal| goal.may_have_issued(certificate));
        if reaches {
            self.keep(true);
        }
        let above = self.graph.issuers.get(&at).map(Vec::as_slice).unwrap_or_default();
        let visits = self.visits;
        for next in above {
            self.visit(*next);
        }
        // Nothing leads on from here.
        if !reaches && (above.is_empty() || visits == self.visits) {
            self.keep(false);
        }
        self.path.pop();
    }

    fn keep(&mut self, reaches: bool) {
        let path: Vec<&Certificate> = self.path.iter().filter_map(|at| self.list.get(*at)).collect();
        let links = self.path.iter().zip(self.path.iter().skip(1));
        let broken = links.filter(|(below, above)| self.graph.is_bad(**below, **above)).count();
        let score = (self.goal.is_some() && !reaches, faults(&path, self.now) + broken, Reverse(expiry(&path)));
        if self.best.as_ref().is_none_or(|(best, _)| score < *best) {
            self.best = Some((score, self.path.clone()));
        }
    }
}

/// The first expiry of a path. A root that is sent has none: the service uses its own.
fn expiry(path: &[&Certificate]) -> UnixTime {
    let counts = path.iter().enumerate().filter(|(place, one)| *place == 0 || !one.is_self_signed());
    counts.map(|(_, one)| one.not_after()).min().unwrap_or(UnixTime::LATEST)
}

/// How many certificates of a path a service would object to.
fn faults(path: &[&Certificate], now: Option<UnixTime>) -> usize {
    let is_faulty = |(place, one): &(usize, &&Certificate)| {
        let is_root = *place > 0 && one.is_self_signed();
        let is_out_of_date = now.is_some_and(|now| now < one.not_before() || one.not_after() < now);
        let may_issue = *place == 0
            || one.is_ca() && one.cert_sign != Some(false) && place.checked_sub(1).is_none_or(|n| one.allows_below(n));
        let is_for_clients = one.client_auth != Some(false);
        (is_out_of_date || one.weak_hash.is_some()) && !is_root || !may_issue || !is_for_clients
    };
    path.iter().enumerate().filter(is_faulty).count()
}
