//! The groups of the table as units, and the slots as the list of programs, which makes hosts send program
//! changes.

use gridleak_core::{Group, ParameterId, SLOTS};
use vst3::Steinberg::{Vst::CString, Vst::*, *};

use super::component::Component;
use super::entry::{always, answer, with};
use super::text::write_utf16;

/// The list of programs, which are the slots.
pub(super) const PROGRAMS: ProgramListID = 1;

/// The groups that have a name, in the order in which hosts show what is in them.
fn groups() -> impl Iterator<Item = Group> {
    Group::all().filter(|group| !group.name().is_empty())
}

/// The unit of a group. What has no name belongs to the plugin as a whole.
pub(super) fn unit_of(group: Group) -> UnitID {
    let place = groups().position(|other| other == group);
    place.map_or(kRootUnitId, |place| place as UnitID + 1)
}

impl IUnitInfoTrait for Component {
    always! {
        getProgramListCount() -> i32 = 1;
        getProgramInfo(i32, i32, CString, *mut String128) -> tresult = kResultFalse;
        hasProgramPitchNames(ProgramListID, i32) -> tresult = kResultFalse;
        getProgramPitchName(i32, i32, i16, *mut String128) -> tresult = kResultFalse;
        getSelectedUnit() -> UnitID = kRootUnitId;
        selectUnit(UnitID) -> tresult = kResultOk;
        setUnitProgramData(i32, i32, *mut IBStream) -> tresult = kNotImplemented;
    }

    unsafe fn getUnitCount(&self) -> i32 {
        groups().count() as i32 + 1
    }

    unsafe fn getUnitInfo(&self, index: i32, info: *mut UnitInfo) -> tresult {
        with!(info, {
            let group = index.checked_sub(1).and_then(|at| usize::try_from(at).ok());
            (info.id, info.programListId, info.parentUnitId) =
                (index, kNoProgramListId, kRootUnitId);
            match group.and_then(|at| groups().nth(at)) {
                Some(group) => write_utf16(group.name(), &mut info.name),
                None if index == kRootUnitId => {
                    (info.programListId, info.parentUnitId) = (PROGRAMS, kNoParentUnitId);
                    write_utf16("Rig", &mut info.name);
                }
                None => return kInvalidArgument,
            }
            kResultOk
        })
    }

    unsafe fn getProgramListInfo(&self, index: i32, info: *mut ProgramListInfo) -> tresult {
        with!(info, {
            (info.id, info.programCount) = (PROGRAMS, SLOTS as i32);
            write_utf16(ParameterId::Slot.row().group.name(), &mut info.name);
            answer(index == 0)
        })
    }

    unsafe fn getProgramName(&self, list: i32, index: i32, name: *mut String128) -> tresult {
        with!(name, {
            let slot = usize::try_from(index).ok().filter(|&slot| slot < SLOTS);
            let Some(slot) = slot.filter(|_| list == PROGRAMS) else {
                return kResultFalse;
            };
            write_utf16(
                &self.shared.instance.text(ParameterId::Slot, slot as f32),
                name,
            );
            kResultOk
        })
    }

    unsafe fn getUnitByBus(&self, media: i32, way: i32, i: i32, _: i32, unit: *mut i32) -> tresult {
        with!(unit, {
            *unit = kRootUnitId;
            answer(self.has_bus(media, way, i))
        })
    }
}
