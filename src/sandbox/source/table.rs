//! The eight tables: their columns and what a believable row of each looks like.
//!
//! The columns are those that the configuration's `source_fields` name.

use super::dice::Dice;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::types::Value as Cell;

/// The schemas of the source.
pub(super) const SCHEMAS: [&str; 5] = ["hr", "finance", "sales", "operations", "marketing"];

/// One table.
pub(super) struct Table {
    pub(super) schema: &'static str,
    pub(super) name: &'static str,
    /// The columns between `id` and `updated_at`.
    pub(super) columns: &'static str,
    /// How many rows it has before the first start.
    pub(super) history: u32,
    /// Whether rows keep arriving.
    pub(super) grows: bool,
    /// The cells of those columns.
    pub(super) cells: fn(&mut Dice, &Row) -> Vec<Cell>,
}

/// What a row's cells may depend on.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) at: DateTime<Utc>,
}

impl Table {
    /// `hr.engineer`.
    pub(super) fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

pub(super) const TABLES: [Table; 8] = [
    Table {
        schema: "hr",
        name: "engineer",
        columns: "full_name VARCHAR(100), title VARCHAR(60), salary DECIMAL(12,2), hired_on DATE",
        history: 248,
        grows: true,
        cells: engineer,
    },
    Table {
        schema: "hr",
        name: "payroll",
        columns: "engineer_id BIGINT, pay_month CHAR(7), gross DECIMAL(12,2), net DECIMAL(12,2)",
        history: 640,
        grows: true,
        cells: payroll,
    },
    Table {
        schema: "hr",
        name: "leave_request",
        columns: "engineer_id BIGINT, kind VARCHAR(20), first_day DATE, days BIGINT",
        history: 134,
        grows: false,
        cells: leave_request,
    },
    Table {
        schema: "finance",
        name: "invoice",
        columns: "customer_id BIGINT, amount DECIMAL(14,2), currency CHAR(3), issued_on DATE",
        history: 415,
        grows: true,
        cells: invoice,
    },
    Table {
        schema: "finance",
        name: "expense",
        columns: "employee_id BIGINT, category VARCHAR(40), amount DECIMAL(12,2)",
        history: 372,
        grows: true,
        cells: expense,
    },
    Table {
        schema: "sales",
        name: "orders",
        columns: "customer_id BIGINT, status VARCHAR(20), total DECIMAL(14,2)",
        history: 913,
        grows: true,
        cells: order,
    },
    Table {
        schema: "operations",
        name: "ticket",
        columns: "opened_by VARCHAR(100), severity VARCHAR(10), resolved BOOLEAN",
        history: 287,
        grows: true,
        cells: ticket,
    },
    Table {
        schema: "marketing",
        name: "campaign",
        columns: "name VARCHAR(100), budget DECIMAL(12,2)",
        history: 156,
        grows: false,
        cells: campaign,
    },
];

const FIRST: [&str; 16] = [
    "Amara", "Bjørn", "Chidi", "Dana", "Elena", "Farid", "Grace", "Hiro", "Inés", "Jamal", "Katya", "Liam",
    "Mei", "Noah", "Olga", "Priya",
];
const LAST: [&str; 16] = [
    "Adeyemi",
    "Brandt",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fontaine",
    "García",
    "Haddad",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Müller",
    "Nakamura",
    "O'Brien",
    "Patel",
];
const TITLES: [&str; 6] = [
    "Engineer",
    "Senior Engineer",
    "Staff Engineer",
    "Data Engineer",
    "Site Reliability Engineer",
    "Engineering Manager",
];

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn number(dice: &mut Dice, limit: u64) -> Cell {
    Cell::Integer(i64::try_from(1 + dice.below(limit)).unwrap_or(i64::MAX))
}

fn person(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(&FIRST), dice.pick(&LAST))
}

fn days_before(dice: &mut Dice, row: &Row, limit: u64) -> Cell {
    let days = i64::try_from(dice.below(limit)).unwrap_or_default();
    text((row.at - TimeDelta::days(days)).format("%Y-%m-%d").to_string())
}

fn engineer(dice: &mut Dice, row: &Row) -> Vec<Cell> {
    let name = text(person(dice));
    let title = text(dice.pick(&TITLES));
    let salary = text(dice.money(52_000, 210_000));
    vec![name, title, salary, days_before(dice, row, 3650)]
}

fn payroll(dice: &mut Dice, row: &Row) -> Vec<Cell> {
    let cents = 350_000 + dice.below(1_200_000);
    let net = cents * (58 + dice.below(14)) / 100;
    let money = |cents: u64| text(format!("{}.{:02}", cents / 100, cents % 100));
    let month = text(row.at.format("%Y-%m").to_string());
    vec![number(dice, 248), month, money(cents), money(net)]
}

fn leave_request(dice: &mut Dice, row: &Row) -> Vec<Cell> {
    let kind = dice.pick(&["holiday", "sick", "parental", "training"]);
    let first = days_before(dice, row, 60);
    vec![number(dice, 248), text(kind), first, number(dice, 15)]
}

fn invoice(dice: &mut Dice, row: &Row) -> Vec<Cell> {
    let amount = text(dice.money(40, 25_000));
    let currency = text(dice.pick(&["USD", "EUR", "GBP", "CHF", "JPY"]));
    vec![number(dice, 900), amount, currency, days_before(dice, row, 30)]
}

fn expense(dice: &mut Dice, _: &Row) -> Vec<Cell> {
    let category = dice.pick(&["travel", "meals", "hardware", "software", "training", "office"]);
    // A claim without a category now and then: NULL has to survive the way.
    let category = if dice.below(20) == 0 {
        Cell::Null
    } else {
        text(category)
    };
    vec![number(dice, 640), category, text(dice.money(5, 1_800))]
}

fn order(dice: &mut Dice, _: &Row) -> Vec<Cell> {
    let status = dice.pick(&[
        "new",
        "paid",
        "packed",
        "shipped",
        "delivered",
        "cancelled",
        "returned",
    ]);
    vec![number(dice, 900), text(status), text(dice.money(8, 3_000))]
}

fn ticket(dice: &mut Dice, _: &Row) -> Vec<Cell> {
    let severity = dice.pick(&["low", "medium", "high", "critical"]);
    let resolved = i64::from(dice.below(3) > 0);
    vec![text(person(dice)), text(severity), Cell::Integer(resolved)]
}

fn campaign(dice: &mut Dice, row: &Row) -> Vec<Cell> {
    let season = dice.pick(&["Spring", "Summer", "Autumn", "Winter"]);
    let theme = dice.pick(&["Launch", "Clearance", "Loyalty", "Newsletter", "Partners"]);
    vec![
        text(format!("{season} {theme} {}", row.id)),
        text(dice.money(500, 90_000)),
    ]
}
