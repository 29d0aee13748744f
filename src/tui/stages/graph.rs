//! The stages of a pipeline drawn as a graph, one stage a row, each below those that feed it. A line that goes behind
//! another one has no connection with it.

use std::collections::BTreeSet;

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// One row of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The stage of the row; nothing if lines only join or part in it.
    pub stage: Option<usize>,
    /// The lanes from the left.
    lanes: Vec<Lane>,
}

/// A place in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lane {
    /// The directions in which something leads from here.
    ways: u8,
    /// Whether a line goes on between this lane and the next one.
    is_bridged: bool,
    is_stage: bool,
}

impl Row {
    /// The row as text, in two columns for each lane.
    pub fn text(&self) -> String {
        let lanes = self.lanes.iter().flat_map(|lane| {
            let bridge = if lane.is_bridged { "─" } else { " " };
            [lane.glyph(), bridge]
        });
        lanes.collect::<String>().trim_end().to_owned()
    }
}

impl Lane {
    const fn glyph(self) -> &'static str {
        const JOIN: u8 = UP | LEFT;
        const FORK: u8 = DOWN | LEFT;
        const SIDE: u8 = UP | DOWN | RIGHT;
        const JOIN_ON: u8 = JOIN | RIGHT;
        const FORK_ON: u8 = FORK | RIGHT;
        match self.ways {
            _ if self.is_stage => "●",
            0 => " ",
            JOIN => "╯",
            FORK => "╮",
            SIDE => "├",
            JOIN_ON => "┴",
            FORK_ON => "┬",
            _ => "│",
        }
    }
}

/// The stages in an order in which each comes behind those that feed it. In a circle, which no server deploys, any order
/// will do.
pub fn order(stages: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut waiting: Vec<usize> = (0..stages).collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let is_fed = |stage: &usize| {
            !edges
                .iter()
                .any(|(from, to)| to == stage && waiting.contains(from))
        };
        let next = waiting.iter().position(is_fed).unwrap_or(0);
        ordered.push(waiting.remove(next));
    }
    ordered
}

/// Whether the stages are one line without branches.
pub fn is_chain(stages: usize, edges: &BTreeSet<(usize, usize)>) -> bool {
    let order = order(stages, edges);
    let chain: BTreeSet<_> = order.windows(2).map(|pair| (pair[0], pair[1])).collect();
    *edges == chain
}

/// The picture of so many stages with these connections.
pub fn rows(stages: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<Row> {
    let order = order(stages, edges);
    let mut picture = Picture::default();
    for (place, stage) in order.iter().enumerate() {
        let later = &order[place + 1..];
        let next = later.iter().copied().filter(|to| edges.contains(&(*stage, *to)));
        picture.add(*stage, next.collect());
    }
    picture.rows
}

#[derive(Default)]
struct Picture {
    rows: Vec<Row>,
    /// Where each lane leads to.
    lanes: Vec<Option<usize>>,
    /// The lane that ended in the row before.
    ended: Option<usize>,
}

impl Picture {
    fn add(&mut self, stage: usize, next: Vec<usize>) {
        let fed_by: Vec<usize> = (0..self.lanes.len())
            .filter(|lane| self.lanes[*lane] == Some(stage))
            .collect();
        let lane = if let Some((first, rest)) = fed_by.split_first() {
            if !rest.is_empty() {
                self.connect(*first, rest, UP);
                rest.iter().for_each(|lane| self.lanes[*lane] = None);
            }
            *first
        } else {
            let free = self.free_from(0);
            // Below a stage that feeds nothing, a new one must not look fed by it.
            if self.ended == Some(free) {
                self.push(None);
            }
            free
        };
        self.lanes[lane] = Some(stage);
        self.push(Some((lane, stage)));
        self.ended = next.is_empty().then_some(lane);
        self.lanes[lane] = next.first().copied();
        let mut others = Vec::new();
        for to in next.iter().skip(1) {
            let free = self.free_from(lane + 1);
            self.lanes[free] = Some(*to);
            others.push(free);
        }
        if !others.is_empty() {
            self.connect(lane, &others, DOWN);
        }
    }

    /// The first free lane from this one on.
    fn free_from(&mut self, first: usize) -> usize {
        let free = (first..self.lanes.len()).find(|lane| self.lanes[*lane].is_none());
        free.unwrap_or_else(|| {
            self.lanes.push(None);
            self.lanes.len() - 1
        })
    }

    /// All lanes that lead somewhere go down; one of them may have a stage.
    fn push(&mut self, stage: Option<(usize, usize)>) {
        let lanes = self.lanes.iter().enumerate().map(|(place, leads)| Lane {
            ways: if leads.is_some() { UP | DOWN } else { 0 },
            is_bridged: false,
            is_stage: stage.is_some_and(|(lane, _)| lane == place),
        });
        self.rows.push(Row {
            stage: stage.map(|(_, stage)| stage),
            lanes: lanes.collect(),
        });
    }

    /// Lines join this lane from others right of it, or part from it.
    fn connect(&mut self, lane: usize, others: &[usize], way: u8) {
        self.push(None);
        let (Some(row), Some(last)) = (self.rows.last_mut(), others.last()) else {
            return;
        };
        row.lanes[lane].ways = UP | DOWN | RIGHT;
        for bridged in &mut row.lanes[lane..*last] {
            bridged.is_bridged = true;
        }
        for other in others {
            let further = if other == last { 0 } else { RIGHT };
            row.lanes[*other].ways = way | LEFT | further;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(stages: usize, edges: &[(usize, usize)]) -> Vec<String> {
        let rows = rows(stages, &edges.iter().copied().collect());
        rows.iter().map(Row::text).collect()
    }

    #[test]
    fn forks_and_joins() {
        let diamond = [(0, 1), (0, 2), (1, 3), (2, 3)];
        assert_eq!(drawn(4, &diamond), ["●", "├─╮", "● │", "│ ●", "├─╯", "●"]);
        assert_eq!(drawn(3, &[(0, 1), (1, 2)]), ["●", "●", "●"]);
        assert_eq!(drawn(2, &[]), ["●", "", "●"]);
        let three = [(0, 3), (1, 3), (2, 3)];
        assert_eq!(drawn(4, &three), ["●", "│ ●", "│ │ ●", "├─┴─╯", "●"]);
    }

    #[test]
    fn one_line_without_branches_is_a_chain() {
        let chain = |stages, edges: &[(usize, usize)]| is_chain(stages, &edges.iter().copied().collect());
        assert!(chain(3, &[(2, 0), (0, 1)]) && chain(1, &[]));
        assert!(!chain(3, &[(0, 1)]) && !chain(3, &[(0, 1), (0, 2)]));
    }

    /// The connections that the picture shows: whoever follows its lines finds these.
    fn read(rows: &[Row]) -> BTreeSet<(usize, usize)> {
        let mut edges = BTreeSet::new();
        let mut flows: Vec<BTreeSet<usize>> = Vec::new();
        for row in rows {
            flows.resize(row.lanes.len(), BTreeSet::new());
            for (place, lane) in row.lanes.iter().enumerate() {
                if lane.ways == 0 {
                    flows[place].clear();
                }
            }
            if let Some(stage) = row.stage {
                let place = row.lanes.iter().position(|lane| lane.is_stage).unwrap();
                edges.extend(flows[place].iter().map(|from| (*from, stage)));
                flows[place] = BTreeSet::from([stage]);
                continue;
            }
            let Some(main) = row.lanes.iter().position(|lane| lane.ways == UP | DOWN | RIGHT) else {
                continue;
            };
            for place in main + 1..row.lanes.len() {
                let ways = row.lanes[place].ways;
                if ways & LEFT != 0 && ways & UP != 0 {
                    let joined = std::mem::take(&mut flows[place]);
                    flows[main].extend(joined);
                } else if ways & LEFT != 0 {
                    flows[place] = flows[main].clone();
                }
            }
        }
        edges
    }

    prop_compose! {
        fn any_graph()(stages in 1_usize..9, pairs in prop::collection::vec((0_usize..9, 0_usize..9), 0..16)) -> (usize, BTreeSet<(usize, usize)>) {
            let edges = pairs.into_iter().filter(|(from, to)| from < to && *to < stages);
            (stages, edges.collect())
        }
    }

    proptest! {
        #[test]
        fn the_picture_shows_each_stage_once_and_exactly_its_connections((stages, edges) in any_graph()) {
            let rows = rows(stages, &edges);
            let shown: Vec<_> = rows.iter().filter_map(|row| row.stage).collect();
            prop_assert_eq!(shown, order(stages, &edges));
            prop_assert_eq!(read(&rows), edges);
        }
    }
}
