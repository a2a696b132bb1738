"""The words of CBV 2.0, in their three spellings: bare (``shipping``), web (``https://ref.gs1.org/cbv/BizStep-…``) and
URN (``urn:epcglobal:cbv:bizstep:shipping``). Inside Lading the web spelling is compared; the bare one is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

CBV = "https://ref.gs1.org/cbv/"
GS1_VOCABULARY = "https://gs1.org/voc/"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`web` and `urn`: what stands before a bare word; a vocabulary without URNs has an empty `urn`."""

    web: str
    urn: str
    words: frozenset[str]

    def expanded(self, value: str) -> str:
        """The web spelling of one of our words; any other value as it is."""
        if self.urn and value.startswith(self.urn):
            return self.web + value.removeprefix(self.urn)
        for short, long in (("cbv:", CBV), ("gs1:", GS1_VOCABULARY)):
            if value.startswith(short):
                return long + value.removeprefix(short)
        return self.web + value if value in self.words else value

    def bare(self, value: str) -> str:
        """The shortest spelling."""
        expanded = self.expanded(value)
        word = expanded.removeprefix(self.web)
        return word if word in self.words and expanded.startswith(self.web) else value

    def claims(self, value: str) -> bool:
        """Whether `value` is written as a word of this vocabulary: then it must be one that there is."""
        written = self.expanded(value)
        return written.startswith(self.web) or ":" not in value

    def knows(self, value: str) -> bool:
        written = self.expanded(value)
        return written.startswith(self.web) and written.removeprefix(self.web) in self.words


def _of(web: str, urn: str, words: str) -> Vocabulary:
    return Vocabulary(web, urn, frozenset(words.split()))


BIZ_STEPS = _of(
    CBV + "BizStep-",
    "urn:epcglobal:cbv:bizstep:",
    "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting "
    "decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting "
    "installing killing loading other packing picking receiving removing repackaging repairing replacing reserving "
    "retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
    "unloading unpacking void_shipping",
)
DISPOSITIONS = _of(
    CBV + "Disp-",
    "urn:epcglobal:cbv:disp:",
    "active available completeness_inferred completeness_verified conformant container_closed container_open damaged "
    "destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance "
    "mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed "
    "recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown",
)
BIZ_TRANSACTIONS = _of(
    CBV + "BTT-",
    "urn:epcglobal:cbv:btt:",
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt",
)
SOURCES = _of(CBV + "SDT-", "urn:epcglobal:cbv:sdt:", "owning_party possessing_party location")
ERROR_REASONS = _of(CBV + "ER-", "urn:epcglobal:cbv:er:", "did_not_occur incorrect_data")
COMPONENTS = _of(
    CBV + "Comp-",
    "",
    "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude "
    "longitude altitude",
)
ALERTS = _of(GS1_VOCABULARY, "", "ALARM_CONDITION ERROR_CONDITION")
MEASUREMENTS = _of(
    GS1_VOCABULARY,
    "",
    "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance "
    "AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance "
    "Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity "
    "ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency "
    "Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux "
    "LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate "
    "MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux "
    "RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed "
    "SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction "
    "VolumetricFlux Wavenumber",
)

ACTIONS = ("ADD", "OBSERVE", "DELETE")
EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")

AT: Mapping[tuple[str, str], Vocabulary] = {
    ("", "bizStep"): BIZ_STEPS,
    ("", "disposition"): DISPOSITIONS,
    ("persistentDisposition", "set"): DISPOSITIONS,
    ("persistentDisposition", "unset"): DISPOSITIONS,
    ("bizTransactionList", "type"): BIZ_TRANSACTIONS,
    ("sourceList", "type"): SOURCES,
    ("destinationList", "type"): SOURCES,
    ("errorDeclaration", "reason"): ERROR_REASONS,
    ("sensorReport", "type"): MEASUREMENTS,
    ("sensorReport", "exception"): ALERTS,
    ("sensorReport", "component"): COMPONENTS,
}
"""By the member that holds it ("" for the event) and its own name, the vocabulary that a value is of."""
